#include "../../../Core/src/threads.cpp"

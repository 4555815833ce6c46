#include "../../../Core/src/thread_name.cpp"

#include "../../../Core/src/dispatch.cpp"

#include "../../../Core/src/context.cpp"

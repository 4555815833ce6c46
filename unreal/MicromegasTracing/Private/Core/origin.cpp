#include "../../../Core/src/origin.cpp"

#include "../../../Core/src/wake.cpp"

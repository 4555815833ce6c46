#include "../../../Core/src/clock.cpp"

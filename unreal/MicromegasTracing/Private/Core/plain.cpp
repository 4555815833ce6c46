#include "../../../Core/src/plain.cpp"

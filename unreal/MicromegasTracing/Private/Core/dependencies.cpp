#include "../../../Core/src/dependencies.cpp"

#include "../../../Core/src/layouts.cpp"

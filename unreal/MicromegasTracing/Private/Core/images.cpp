#include "../../../Core/src/images.cpp"

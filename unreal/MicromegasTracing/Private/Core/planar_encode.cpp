#include "../../../Core/src/planar/encode.cpp"

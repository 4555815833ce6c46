#include "../../../Core/src/planar/transform.cpp"

#include "../../../Core/src/planar/xxh64.cpp"

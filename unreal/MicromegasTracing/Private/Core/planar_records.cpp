#include "../../../Core/src/planar/records.cpp"

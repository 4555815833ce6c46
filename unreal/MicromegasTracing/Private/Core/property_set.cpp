#include "../../../Core/src/property_set.cpp"

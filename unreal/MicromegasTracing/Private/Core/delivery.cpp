#include "../../../Core/src/delivery.cpp"

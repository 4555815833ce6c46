#include "../../../Core/src/endpoint.cpp"

#include "../../../Core/src/envelope.cpp"

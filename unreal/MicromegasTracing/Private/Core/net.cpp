#include "../../../Core/src/net.cpp"

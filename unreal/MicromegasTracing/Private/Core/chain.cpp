#include "../../../Core/src/chain.cpp"

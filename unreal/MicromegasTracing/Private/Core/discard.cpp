#include "../../../Core/src/discard.cpp"

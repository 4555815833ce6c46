#include "../../../Core/src/streams.cpp"

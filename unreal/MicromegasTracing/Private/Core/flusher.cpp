#include "../../../Core/src/flusher.cpp"

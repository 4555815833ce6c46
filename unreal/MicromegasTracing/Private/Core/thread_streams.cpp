#include "../../../Core/src/thread_streams.cpp"

#include "../../../Core/src/merged_streams.cpp"

#include "../../../Core/src/block_builder.cpp"

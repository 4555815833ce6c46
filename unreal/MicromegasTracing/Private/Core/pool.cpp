#include "../../../Core/src/pool.cpp"

#include "../../../Core/src/log.cpp"

#include "../../../Core/src/valid_utf8.cpp"

#include "../../../Core/src/open_spans.cpp"

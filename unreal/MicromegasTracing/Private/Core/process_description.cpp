#include "../../../Core/src/process_description.cpp"

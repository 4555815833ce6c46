#include "../../../Core/src/uuid.cpp"

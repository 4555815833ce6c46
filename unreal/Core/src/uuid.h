// Random identifiers.
#pragma once

#include <string>

namespace micromegas {

// A UUID of version 4, in lower case with hyphens.
std::string new_uuid();

}  // namespace micromegas

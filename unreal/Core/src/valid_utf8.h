// Text from outside as UTF-8.
#pragma once

#include <string>

namespace micromegas {

// The text with U+FFFD in the place of each byte that is no part of a character.
std::string valid_utf8(const std::string& text);

}  // namespace micromegas

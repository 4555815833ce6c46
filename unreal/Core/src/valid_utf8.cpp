#include "valid_utf8.h"

#include <cstdint>

namespace micromegas {

namespace {

constexpr char replacement[] = "\xEF\xBF\xBD";

// The length of the character that begins at `first`, or 0 if none does.
std::size_t character_length(const unsigned char* first, const unsigned char* end) {
    const unsigned char lead = *first;
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || static_cast<std::size_t>(end - first) < length) {
        return 0;
    }
    std::uint32_t character = lead & (0xffu >> (length + 1));
    for (std::size_t place = 1; place < length; ++place) {
        if ((first[place] & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | (first[place] & 0x3fu);
    }
    const std::uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    const bool is_surrogate = character >= 0xd800 && character < 0xe000;
    return character < least || character > 0x10ffff || is_surrogate ? 0 : length;
}

}  // namespace

std::string valid_utf8(const std::string& text) {
    std::string valid;
    valid.reserve(text.size());
    const auto* first = reinterpret_cast<const unsigned char*>(text.data());
    const unsigned char* end = first + text.size();
    while (first < end) {
        const std::size_t length = character_length(first, end);
        if (length == 0) {
            valid += replacement;
            ++first;
        } else {
            valid.append(reinterpret_cast<const char*>(first), length);
            first += length;
        }
    }
    return valid;
}

}  // namespace micromegas

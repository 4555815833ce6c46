#include "uuid.h"

#include <random>

namespace micromegas {

std::string new_uuid() {
    constexpr char digits[] = "0123456789abcdef";
    std::random_device device;
    std::string text;
    text.reserve(36);
    unsigned bits = 0;
    for (int place = 0; place < 32; ++place) {
        if (place % 8 == 0) {
            bits = device();
        }
        unsigned digit = bits & 0xf;
        bits >>= 4;
        if (place == 12) {
            digit = 4;
        } else if (place == 16) {
            digit = (digit & 3) | 8;
        }
        if (place == 8 || place == 12 || place == 16 || place == 20) {
            text.push_back('-');
        }
        text.push_back(digits[digit]);
    }
    return text;
}

}  // namespace micromegas

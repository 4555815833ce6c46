#include "xxh64.h"

#include <cstring>

namespace micromegas::planar {

namespace {

constexpr std::uint64_t prime_1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t prime_2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t prime_3 = 0x165667B19E3779F9;
constexpr std::uint64_t prime_4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t prime_5 = 0x27D4EB2F165667C5;

constexpr std::uint64_t rotate(std::uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

template <class Word>
std::uint64_t load(const std::uint8_t* place) {
    Word word;
    std::memcpy(&word, place, sizeof word);
    return word;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
    return rotate(lane + input * prime_2, 31) * prime_1;
}

}  // namespace

std::uint64_t xxh64(const std::uint8_t* data, std::size_t byte_count) {
    const std::uint8_t* end = data + byte_count;
    std::uint64_t hash = prime_5;
    if (byte_count >= 32) {
        std::uint64_t lanes[4] = {prime_1 + prime_2, prime_2, 0, 0 - prime_1};
        for (; end - data >= 32; data += 32) {
            for (int lane = 0; lane < 4; ++lane) {
                lanes[lane] = round(lanes[lane], load<std::uint64_t>(data + 8 * lane));
            }
        }
        hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
        for (const std::uint64_t lane : lanes) {
            hash = (hash ^ round(0, lane)) * prime_1 + prime_4;
        }
    }
    hash += byte_count;
    for (; end - data >= 8; data += 8) {
        hash = rotate(hash ^ round(0, load<std::uint64_t>(data)), 27) * prime_1 + prime_4;
    }
    if (end - data >= 4) {
        hash = rotate(hash ^ load<std::uint32_t>(data) * prime_1, 23) * prime_2 + prime_3;
        data += 4;
    }
    for (; data < end; ++data) {
        hash = rotate(hash ^ *data * prime_5, 11) * prime_1;
    }
    hash = (hash ^ hash >> 33) * prime_2;
    hash = (hash ^ hash >> 29) * prime_3;
    return hash ^ hash >> 32;
}

}  // namespace micromegas::planar

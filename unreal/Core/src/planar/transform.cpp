#include "transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace micromegas::planar {

namespace {

// The choice is made by so many of the first values.
constexpr std::size_t sample_count = 2'048;

std::uint64_t mask_of(unsigned width) {
    return width == 8 ? UINT64_MAX : (std::uint64_t{1} << (8 * width)) - 1;
}

std::uint64_t zigzag(std::uint64_t value, unsigned width) {
    const std::uint64_t sign = value >> (8 * width - 1) & 1;
    return ((value << 1) ^ (0 - sign)) & mask_of(width);
}

Stored apply(Transform transform, const std::vector<std::uint64_t>& values, std::size_t count, unsigned width) {
    Stored stored;
    stored.transform = transform;
    stored.values.reserve(count);
    const std::uint64_t mask = mask_of(width);
    std::uint64_t previous = values[0];
    std::uint64_t step = 0;
    if (transform >= Transform::Delta) {
        stored.seeds.push_back(previous);
    }
    if (transform == Transform::DeltaOfDelta) {
        stored.seeds.push_back(step);
    }
    for (std::size_t index = 0; index < count; ++index) {
        const std::uint64_t value = values[index];
        const std::uint64_t delta = (value - previous) & mask;
        switch (transform) {
            case Transform::Delta:
                stored.values.push_back(delta);
                break;
            case Transform::SignedDelta:
                stored.values.push_back(zigzag(delta, width));
                break;
            case Transform::DeltaOfDelta:
                stored.values.push_back(zigzag((delta - step) & mask, width));
                break;
            default:
                stored.values.push_back(value);
        }
        previous = value;
        step = delta;
    }
    return stored;
}

// The sum of the entropies of the byte planes, in bits a value.
double entropy(const std::vector<std::uint64_t>& values, unsigned width) {
    double bits = 0;
    for (unsigned plane = 0; plane < width; ++plane) {
        std::array<std::uint32_t, 256> counts{};
        for (const std::uint64_t value : values) {
            ++counts[value >> (8 * plane) & 0xff];
        }
        for (const std::uint32_t count : counts) {
            if (count > 0) {
                const double share = static_cast<double>(count) / static_cast<double>(values.size());
                bits -= share * std::log2(share);
            }
        }
    }
    return bits;
}

}  // namespace

Stored choose_transform(const std::vector<std::uint64_t>& values, unsigned width) {
    Stored best;
    const bool is_constant =
        std::all_of(values.begin(), values.end(), [&](std::uint64_t value) { return value == values[0]; });
    if (is_constant) {
        best.transform = Transform::Constant;
        best.values = {values[0]};
        return best;
    }
    Transform choice = Transform::Raw;
    double least = INFINITY;
    const std::size_t count = std::min(values.size(), sample_count);
    for (const auto transform :
         {Transform::Raw, Transform::Delta, Transform::SignedDelta, Transform::DeltaOfDelta}) {
        const double cost = entropy(apply(transform, values, count, width).values, width);
        if (cost < least) {
            least = cost;
            choice = transform;
        }
    }
    return apply(choice, values, values.size(), width);
}

}  // namespace micromegas::planar

// How the values of a group are stored: as they are, or as what remains of an expectation.
#pragma once

#include <cstdint>
#include <vector>

namespace micromegas::planar {

enum class Transform : std::uint8_t { Constant = 0, Raw, Delta, SignedDelta, DeltaOfDelta };

struct Stored {
    Transform transform = Transform::Raw;
    std::vector<std::uint64_t> seeds;
    std::vector<std::uint64_t> values;
};

// Takes the transform whose bytes look cheapest.
Stored choose_transform(const std::vector<std::uint64_t>& values, unsigned width);

}  // namespace micromegas::planar

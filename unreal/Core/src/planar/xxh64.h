// The XXH64 checksum.
#pragma once

#include <cstddef>
#include <cstdint>

namespace micromegas::planar {

// With seed 0.
std::uint64_t xxh64(const std::uint8_t* data, std::size_t byte_count);

}  // namespace micromegas::planar

// The moment that the process's ticks are counted from.
#pragma once

#include <cstdint>

namespace micromegas {

struct Origin {
    // Nanoseconds since 1970.
    std::int64_t start_time = 0;
    std::int64_t start_ticks = 0;
    std::int64_t frequency = 1;

    static Origin now();
    std::int64_t relative(std::int64_t ticks) const { return ticks - start_ticks; }
    std::int64_t wall_clock(std::int64_t ticks) const;
};

}  // namespace micromegas

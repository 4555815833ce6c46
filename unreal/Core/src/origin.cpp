#include "origin.h"

#include <chrono>

#include "micromegas/clock.h"

namespace micromegas {

namespace {

constexpr int attempts = 16;

}  // namespace

Origin Origin::now() {
    Origin origin;
    origin.frequency = ticks_per_second();
    // The tightest of several pairs: all times of the process are as wrong as this one.
    std::int64_t least_width = INT64_MAX;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const std::int64_t before = micromegas::now();
        const auto time = std::chrono::system_clock::now().time_since_epoch();
        const std::int64_t width = micromegas::now() - before;
        if (width >= 0 && width < least_width) {
            least_width = width;
            origin.start_time = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
            origin.start_ticks = before + width / 2;
        }
    }
    return origin;
}

std::int64_t Origin::wall_clock(std::int64_t ticks) const {
    // In two steps, because ticks times a thousand million do not fit.
    constexpr std::int64_t nanoseconds = 1'000'000'000;
    const std::int64_t elapsed = relative(ticks);
    const std::int64_t rest = elapsed % frequency;
    const auto rest_ns = static_cast<std::int64_t>(static_cast<double>(rest) * 1e9 / static_cast<double>(frequency));
    return start_time + elapsed / frequency * nanoseconds + rest_ns;
}

}  // namespace micromegas

#include "micromegas/clock.h"

#include <chrono>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace micromegas {

namespace {

#if defined(__aarch64__)

std::int64_t frequency() {
    std::int64_t ticks;
    asm volatile("mrs %0, cntfrq_el0" : "=r"(ticks));
    return ticks;
}

#elif defined(__x86_64__) || defined(_M_X64)

using Clock = std::chrono::steady_clock;

struct Reading {
    Clock::time_point time;
    std::int64_t ticks;
};

// The tightest of several readings of both clocks.
Reading paired_reading() {
    Reading best{};
    std::int64_t least_width = INT64_MAX;
    for (int attempt = 0; attempt < 16; ++attempt) {
        const std::int64_t before = now();
        const Clock::time_point time = Clock::now();
        const std::int64_t width = now() - before;
        if (width >= 0 && width < least_width) {
            least_width = width;
            best = {time, before + width / 2};
        }
    }
    return best;
}

std::int64_t measured() {
    const Reading first = paired_reading();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const Reading last = paired_reading();
    const double seconds = std::chrono::duration<double>(last.time - first.time).count();
    return static_cast<std::int64_t>(static_cast<double>(last.ticks - first.ticks) / seconds);
}

// What the processor says of its counter: leaf 0x15 has the ratio to the crystal and, mostly, the
// crystal's frequency; where that is missing, leaf 0x16 has the base frequency in MHz. Or 0.
std::int64_t stated() {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(0x15, 0, &a, &b, &c, &d) == 0 || a == 0 || b == 0) {
        return 0;
    }
    if (c != 0) {
        return static_cast<std::int64_t>(c) * b / a;
    }
    if (__get_cpuid_count(0x16, 0, &a, &b, &c, &d) != 0) {
        return static_cast<std::int64_t>(a & 0xffff) * 1'000'000;
    }
#endif
    return 0;
}

std::int64_t frequency() {
    const std::int64_t by_processor = stated();
    return by_processor > 0 ? by_processor : measured();
}

#else

std::int64_t frequency() { return std::chrono::steady_clock::period::den; }

#endif

}  // namespace

std::int64_t ticks_per_second() {
    static const std::int64_t ticks = frequency();
    return ticks;
}

}  // namespace micromegas

// The clock of events: the cheapest monotonic counter the machine has.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#elif defined(_M_X64)
#include <intrin.h>
#elif !defined(__aarch64__)
#include <chrono>
#endif

namespace micromegas {

// The present time in ticks of ticks_per_second, counted from an arbitrary origin.
inline std::int64_t now() {
#if defined(__x86_64__) || defined(_M_X64)
    return static_cast<std::int64_t>(__rdtsc());
#elif defined(__aarch64__)
    std::int64_t ticks;
    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

// The first call may take ten milliseconds, to measure it.
std::int64_t ticks_per_second();

}  // namespace micromegas

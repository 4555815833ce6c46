// How grave a log entry is, and how much detail a metric belongs to.
#pragma once

#include <atomic>
#include <cstdint>

namespace micromegas {

enum class LogLevel : std::uint8_t { Invalid = 0, Fatal, Error, Warn, Info, Debug, Trace };

enum class Verbosity : std::uint8_t { Min = 1, Med, Max };

namespace detail {
// Entries of a greater level are not recorded. Nothing is before there is a dispatch.
inline std::atomic<std::uint8_t> level_max{0};
}  // namespace detail

inline bool is_log_enabled(LogLevel level) {
    return static_cast<std::uint8_t>(level) <= detail::level_max.load(std::memory_order_relaxed);
}

}  // namespace micromegas

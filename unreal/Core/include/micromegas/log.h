// Log entries: the text is copied straight into the thread's buffer.
#pragma once

#include "micromegas/metadata.h"
#include "micromegas/property_set.h"
#include "micromegas/recording.h"

namespace micromegas {

// Messages longer than this are cut, and end with a mark that says so.
inline constexpr std::uint32_t message_bytes_max = 64 * 1024;

namespace detail {

inline constexpr unsigned call_site_tag = 0;
inline constexpr unsigned origin_tag = 1;
inline constexpr unsigned codec_shift = 32;
inline constexpr unsigned level_shift = 40;

// Everything of a record but its time and text.
struct LogHead {
    std::uint64_t descriptor;
    std::uint64_t properties;
    LogLevel level;
    bool has_target;
    std::uint64_t target;
};

void record_log(const LogHead& head, TextView message);

}  // namespace detail

// Records an entry of a call site.
inline void log(const LogMetadata& metadata, TextView message, const PropertySetRef& properties = {}) {
    if (is_log_enabled(metadata.level)) {
        const std::uint64_t set = properties.lend();
        detail::record_log({detail::head(metadata, detail::call_site_tag), set, metadata.level, false, 0},
                           message);
    }
}

// Records an entry whose target is a name of the run.
template <class Name>
void log_from(LogLevel level, Name target, TextView message, const PropertySetRef& properties = {}) {
    static LogOrigin origin(&NameWords<Name>::append);
    if (is_log_enabled(level)) {
        const std::uint64_t word = NameWords<Name>::word(target);
        detail::record_log(
            {detail::head(origin, detail::origin_tag), properties.lend(), level, true, word}, message);
    }
}

}  // namespace micromegas

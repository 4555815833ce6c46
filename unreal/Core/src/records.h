// The records of log entries and samples in a thread's buffer, as recording.h tells.
#pragma once

#include <cstddef>
#include <cstdint>

#include "micromegas/log.h"
#include "micromegas/metric.h"

namespace micromegas::records {

inline constexpr std::uint64_t tag_mask = descriptor_alignment - 1;

inline unsigned tag(const std::uint64_t* words) { return static_cast<unsigned>(words[0] & tag_mask); }

inline std::size_t log_words(const std::uint64_t* words) {
    const std::size_t head = tag(words) == detail::origin_tag ? 5 : 4;
    return head + ((words[3] & 0xffff'ffff) + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
}

inline std::size_t metric_words(const std::uint64_t* words) { return tag(words) >= detail::tagged_metric_tag ? 4 : 3; }

// The record's share in a set, or null.
inline const PropertySet* log_set(const std::uint64_t* words) { return PropertySetRef::of_word(words[2]); }

inline const PropertySet* metric_set(const std::uint64_t* words) {
    return tag(words) >= detail::tagged_metric_tag ? PropertySetRef::of_word(words[3]) : nullptr;
}

}  // namespace micromegas::records

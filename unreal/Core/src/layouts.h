// The layouts of the streams, and the indices of their types.
#pragma once

#include <cstdint>

#include "micromegas/layout.h"

namespace micromegas::layouts {

// Of all streams: the first types of the dependencies.
inline constexpr std::uint8_t static_string = 0;
inline constexpr std::uint8_t descriptor = 1;
inline constexpr std::uint8_t property_set = 2;
// Of the threads' streams, which have no property sets.
inline constexpr std::uint8_t span_location = 2;

inline constexpr std::uint8_t log_entry = 0;
inline constexpr std::uint8_t tagged_log_entry = 1;
inline constexpr std::uint8_t tagged_interop_entry = 2;

inline constexpr std::uint8_t integer_metric = 0;
inline constexpr std::uint8_t float_metric = 1;
inline constexpr std::uint8_t tagged_metric = 2;

inline constexpr std::uint8_t image = 0;

const StreamLayout& log();
const StreamLayout& metrics();
// The types of events are in the order of the tags of span.h.
const StreamLayout& thread();
// In the order of net_events.h.
const StreamLayout& net();
const StreamLayout& images();

}  // namespace micromegas::layouts

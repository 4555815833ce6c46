// Samples of metrics.
#pragma once

#include <cstring>
#include <type_traits>

#include "micromegas/metadata.h"
#include "micromegas/property_set.h"
#include "micromegas/recording.h"

namespace micromegas {

namespace detail {

inline constexpr unsigned integer_metric_tag = 0;
inline constexpr unsigned float_metric_tag = 1;
inline constexpr unsigned tagged_metric_tag = 2;

MICROMEGAS_INLINE void record_metric(const MetricMetadata& metadata, unsigned tag, std::uint64_t value) {
    record<3>(Kind::Metrics, [&](std::uint64_t* words) {
        words[0] = head(metadata, tag);
        words[1] = static_cast<std::uint64_t>(now());
        words[2] = value;
    });
}

inline void record_metric(const MetricMetadata& metadata, unsigned tag, std::uint64_t value,
                          const PropertySetRef& properties) {
    const bool is_recorded = record<4>(Kind::Metrics, [&](std::uint64_t* words) {
        words[0] = head(metadata, tag + tagged_metric_tag);
        words[1] = static_cast<std::uint64_t>(now());
        words[2] = value;
        words[3] = properties.lend();
    });
    if (!is_recorded) {
        PropertySetRef::take_back(properties.get());
    }
}

inline std::uint64_t bits(double value) {
    std::uint64_t word;
    std::memcpy(&word, &value, sizeof word);
    return word;
}

}  // namespace detail

inline void integer_metric(const MetricMetadata& metadata, std::uint64_t value) {
    detail::record_metric(metadata, detail::integer_metric_tag, value);
}

inline void integer_metric(const MetricMetadata& metadata, std::uint64_t value,
                           const PropertySetRef& properties) {
    detail::record_metric(metadata, detail::integer_metric_tag, value, properties);
}

inline void float_metric(const MetricMetadata& metadata, double value) {
    detail::record_metric(metadata, detail::float_metric_tag, detail::bits(value));
}

inline void float_metric(const MetricMetadata& metadata, double value, const PropertySetRef& properties) {
    detail::record_metric(metadata, detail::float_metric_tag, detail::bits(value), properties);
}

}  // namespace micromegas

// Spans of a thread.
#pragma once

#include "micromegas/metadata.h"
#include "micromegas/recording.h"

namespace micromegas {

namespace detail {

inline constexpr unsigned begin_span_tag = 0;
inline constexpr unsigned end_span_tag = 1;
inline constexpr unsigned begin_named_span_tag = 2;
inline constexpr unsigned end_named_span_tag = 3;

MICROMEGAS_INLINE bool record_span(const SpanMetadata& metadata, unsigned tag) {
    return record<2>(Kind::Spans, [&](std::uint64_t* words) {
        words[0] = head(metadata, tag);
        words[1] = static_cast<std::uint64_t>(now());
    });
}

MICROMEGAS_INLINE bool record_named_span(const SpanLocation& location, std::uint64_t name, unsigned tag) {
    return record<3>(Kind::Spans, [&](std::uint64_t* words) {
        words[0] = head(location, tag);
        words[1] = static_cast<std::uint64_t>(now());
        words[2] = name;
    });
}

}  // namespace detail

// Lives as long as the span. It holds one pointer, null if the begin was not recorded: then no end
// is recorded either, and else the end is, whatever the settings say by then.
class SpanGuard {
public:
    explicit SpanGuard(const SpanMetadata& metadata)
        : metadata_(detail::record_span(metadata, detail::begin_span_tag) ? &metadata : nullptr) {}
    ~SpanGuard() {
        if (metadata_ != nullptr) {
            detail::record_span(*metadata_, detail::end_span_tag);
        }
    }
    SpanGuard(const SpanGuard&) = delete;
    SpanGuard& operator=(const SpanGuard&) = delete;

private:
    const SpanMetadata* metadata_;
};

static_assert(sizeof(SpanGuard) == sizeof(void*), "a guard on the stack holds one pointer");

// A span with a name of its own; without a location it records nothing.
class NamedSpanGuard {
public:
    NamedSpanGuard(const SpanLocation* location, std::uint64_t name) : location_(location), name_(name) {
        if (location_ != nullptr &&
            !detail::record_named_span(*location_, name_, detail::begin_named_span_tag)) {
            location_ = nullptr;
        }
    }
    ~NamedSpanGuard() {
        if (location_ != nullptr) {
            detail::record_named_span(*location_, name_, detail::end_named_span_tag);
        }
    }
    NamedSpanGuard(const NamedSpanGuard&) = delete;
    NamedSpanGuard& operator=(const NamedSpanGuard&) = delete;

private:
    const SpanLocation* location_;
    std::uint64_t name_;
};

}  // namespace micromegas

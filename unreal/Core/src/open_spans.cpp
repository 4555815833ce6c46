#include "open_spans.h"

#include <algorithm>

namespace micromegas {

namespace {

// Spans nested deeper than this, or never ended, are not tracked.
constexpr std::size_t depth_max = 4096;

}  // namespace

void OpenSpans::begin(std::int64_t event_id, std::uint64_t descriptor, bool is_named, std::int64_t time) {
    is_given_up_ = is_given_up_ || stack_.size() == depth_max;
    if (!is_given_up_) {
        stack_.push_back({event_id, descriptor, time, is_named});
        named_ += is_named ? 1 : 0;
    }
}

void OpenSpans::end(std::uint64_t descriptor) {
    const auto is_it = [&](const OpenSpan& span) { return span.descriptor == descriptor; };
    const auto found = std::find_if(stack_.rbegin(), stack_.rend(), is_it);
    if (found == stack_.rend()) {
        return;
    }
    const auto place = static_cast<std::size_t>(stack_.rend() - found) - 1;
    for (std::size_t index = place; index < stack_.size(); ++index) {
        named_ -= stack_[index].is_named ? 1 : 0;
    }
    stack_.resize(place);
    uncertain_ = std::min(uncertain_, place);
}

bool OpenSpans::carry(Dependencies& dependencies, std::vector<CarriedSpan>& out) const {
    if (is_given_up_ || uncertain_ > 0 || named_ > 0) {
        return false;
    }
    for (const OpenSpan& span : stack_) {
        const auto* metadata = reinterpret_cast<const SpanMetadata*>(static_cast<std::uintptr_t>(span.descriptor));
        out.push_back({span.event_id, dependencies.span(*metadata), span.begin});
    }
    return true;
}

}  // namespace micromegas

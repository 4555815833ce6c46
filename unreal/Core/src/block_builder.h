// Records become a block of the wire.
#pragma once

#include <cstdint>

#include "dependencies.h"
#include "micromegas/sink.h"
#include "origin.h"
#include "record_queue.h"

namespace micromegas {

// A block being filled.
class BlockBuilder {
public:
    // The dependencies are those of this block from now on.
    explicit BlockBuilder(Dependencies& dependencies) : dependencies(dependencies) {
        dependencies.begin_block();
    }

    Dependencies& dependencies;
    RecordQueue objects;
    bool is_stack_known = false;
    std::vector<CarriedSpan> carried_spans;

    // Counts an event of that time.
    void note(std::int64_t ticks) {
        least_ = ticks < least_ ? ticks : least_;
        greatest_ = ticks > greatest_ ? ticks : greatest_;
        ++event_count_;
    }
    bool is_empty() const { return event_count_ == 0; }
    // Whether the block should be closed before the next event.
    bool is_full() const { return objects.size() >= 1024 * 1024; }
    std::int32_t event_count() const { return event_count_; }

    // The block; offset and skipped events are the stream's to fill in.
    EventBlock finish(const Origin& origin);

private:
    std::int64_t least_ = INT64_MAX;
    std::int64_t greatest_ = INT64_MIN;
    std::int32_t event_count_ = 0;
};

}  // namespace micromegas

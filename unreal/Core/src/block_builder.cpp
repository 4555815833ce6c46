#include "block_builder.h"

#include <utility>

#include "uuid.h"

namespace micromegas {

EventBlock BlockBuilder::finish(const Origin& origin) {
    EventBlock block;
    block.block_id = new_uuid();
    block.begin_time = origin.wall_clock(least_);
    block.begin_ticks = origin.relative(least_);
    block.end_time = origin.wall_clock(greatest_);
    block.end_ticks = origin.relative(greatest_);
    block.least_event_ticks = least_;
    block.greatest_event_ticks = greatest_;
    block.dependencies = dependencies.end_block();
    block.objects = objects.take();
    block.event_count = event_count_;
    block.is_stack_known = is_stack_known;
    block.carried_spans = std::move(carried_spans);
    return block;
}

}  // namespace micromegas

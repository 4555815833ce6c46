#include "streams.h"

#include <utility>

#include "uuid.h"

namespace micromegas {

Stream::Stream(const std::string& process_id, const char* tag, const StreamLayout& layout,
               Properties properties)
    : info_(std::make_shared<StreamInfo>(
          StreamInfo{process_id, new_uuid(), tag, &layout, std::move(properties)})) {}

void Stream::deliver(Outlet& outlet, BlockBuilder& builder) {
    if (builder.is_empty()) {
        return;
    }
    EventBlock block = builder.finish(outlet.origin);
    block.object_offset = object_offset_;
    block.skipped_events = std::exchange(skipped_events_, 0);
    object_offset_ += block.event_count;
    if (!std::exchange(is_announced_, true)) {
        outlet.sink->on_stream(info_);
    }
    outlet.sink->on_block(info_, std::move(block));
}

}  // namespace micromegas

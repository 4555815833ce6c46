// The streams of the process, and how their blocks reach the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "block_builder.h"
#include "micromegas/sink.h"

namespace micromegas {

// Where blocks go: what all streams have in common while they are handed over.
struct Outlet {
    std::string process_id;
    Origin origin;
    EventSink* sink;
    Dependencies dependencies;
};

// A stream of events: its description and how far it has come.
class Stream {
public:
    Stream(const std::string& process_id, const char* tag, const StreamLayout& layout, Properties properties);

    // The number of the stream's next event.
    std::int64_t next_event_id() const { return object_offset_; }
    // Notes events that were lost before the next block.
    void skip(std::uint64_t events) { skipped_events_ += events; }
    // Closes a block and hands it over, if it holds an event.
    void deliver(Outlet& outlet, BlockBuilder& block);

private:
    std::shared_ptr<const StreamInfo> info_;
    bool is_announced_ = false;
    std::int64_t object_offset_ = 0;
    std::uint64_t skipped_events_ = 0;
};

}  // namespace micromegas

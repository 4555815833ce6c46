// Where blocks of events go.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "micromegas/layout.h"
#include "micromegas/property_set.h"

namespace micromegas {

using Bytes = std::vector<std::uint8_t>;
using Deadline = std::chrono::steady_clock::time_point;

struct ProcessInfo {
    std::string process_id;
    std::string exe;
    std::string username;
    std::string realname;
    std::string computer;
    std::string distro;
    std::string cpu_brand;
    std::int64_t tsc_frequency = 0;
    // Nanoseconds since 1970.
    std::int64_t start_time = 0;
    std::int64_t start_ticks = 0;
    // Empty if there is none.
    std::string parent_process_id;
    Properties properties;
};

struct StreamInfo {
    std::string process_id;
    std::string stream_id;
    std::string tag;
    const StreamLayout* layout = nullptr;
    Properties properties;
};

// A span that is open at the first event of a block.
struct CarriedSpan {
    std::int64_t event_id;
    std::uint64_t descriptor;
    std::int64_t begin;
};

// A run of events of one stream, not yet compressed.
struct EventBlock {
    std::string block_id;
    // Nanoseconds since 1970, and ticks since the start of the process.
    std::int64_t begin_time = 0;
    std::int64_t begin_ticks = 0;
    std::int64_t end_time = 0;
    std::int64_t end_ticks = 0;
    // Absolute ticks of the earliest and the latest event.
    std::int64_t least_event_ticks = 0;
    std::int64_t greatest_event_ticks = 0;
    Bytes dependencies;
    Bytes objects;
    std::int64_t object_offset = 0;
    std::int32_t event_count = 0;
    // Events lost or left out since the stream's previous block.
    std::uint64_t skipped_events = 0;
    bool is_stack_known = false;
    // Outermost first.
    std::vector<CarriedSpan> carried_spans;
};

// The flusher's thread calls these one at a time: the process first, then each stream before its
// first block. After a shutdown nothing is called any more.
class EventSink {
public:
    virtual ~EventSink() = default;
    virtual void on_process(const ProcessInfo& process) = 0;
    virtual void on_stream(const std::shared_ptr<const StreamInfo>& stream) = 0;
    virtual void on_block(const std::shared_ptr<const StreamInfo>& stream, EventBlock block) = 0;
    // Called by whoever flushes, also by the handler of a crash, so without locks: waits until what
    // was handed over is delivered; false if it is not by the deadline.
    virtual bool wait_for_delivery(Deadline deadline) = 0;
    // Called by whoever shuts the dispatch down, once its flusher has ended.
    virtual void on_shutdown(Deadline deadline) = 0;
};

}  // namespace micromegas

// Documents of the wire, and the two encodings of their records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "micromegas/sink.h"

namespace micromegas::wire {

// How a block's events are packed: as one LZ4 frame, which every server reads, or transposed into
// planes, for servers that say that they read those.
enum class Packing { Plain, Planar };

Bytes process_document(const ProcessInfo& process);
Bytes stream_document(const StreamInfo& stream);
Bytes block_document(const StreamInfo& stream, const EventBlock& block, Packing packing);

// The same of records that are packed already.
struct Payload {
    Bytes dependencies;
    Bytes objects;
};
Bytes block_document(const StreamInfo& stream, const EventBlock& block, const Payload& payload);

Bytes plain(const Bytes& records);
Bytes planar(const std::vector<TypeLayout>& types, const EventBlock& block);

// Reads what `plain` writes; none if it is something else, or longer than that.
std::optional<Bytes> read_plain(const std::uint8_t* data, std::size_t byte_count, std::size_t bytes_max);

// Nanoseconds since 1970 as RFC 3339, in UTC.
std::string rfc3339(std::int64_t nanoseconds);

}  // namespace micromegas::wire

// Records as planes: see docs/wire-format.md, whose order of fields this follows.

#include <algorithm>
#include <cstring>
#include <utility>

#include <lz4.h>

#include "micromegas/wire.h"
#include "records.h"
#include "transform.h"
#include "xxh64.h"

namespace micromegas::wire {

namespace {

constexpr std::uint8_t magic[4] = {'m', 'm', 'p', 'l'};
constexpr std::uint8_t version = 1;
constexpr std::uint8_t codec_lz4 = 1;
constexpr std::size_t preamble_bytes = 16;
constexpr std::size_t checksum_offset = 8;
constexpr std::size_t checked_offset = 12;
// Runs of this length are sections of their own; smaller neighbours share one.
constexpr std::size_t section_bytes_least = 1'024;

void put_varint(Bytes& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        out.push_back(static_cast<std::uint8_t>(value | 0x80));
    }
    out.push_back(static_cast<std::uint8_t>(value));
}

void put_signed(Bytes& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    put_varint(out, (bits << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void put_u32(std::uint8_t* place, std::size_t value) {
    const auto word = static_cast<std::uint32_t>(value);
    std::memcpy(place, &word, sizeof word);
}

// The runs put together to sections, compressed where that pays.
class Body {
public:
    void add_run(Bytes run) {
        if (run.size() >= section_bytes_least) {
            close();
        }
        pending_.insert(pending_.end(), run.begin(), run.end());
        ++pending_runs_;
        if (pending_.size() >= section_bytes_least) {
            close();
        }
    }

    void finish(Bytes& header) {
        close();
        put_varint(header, section_count_);
        header.insert(header.end(), directory_.begin(), directory_.end());
    }

    const Bytes& bytes() const { return bytes_; }

private:
    void close() {
        if (pending_runs_ == 0) {
            return;
        }
        const auto size = static_cast<int>(pending_.size());
        Bytes packed(static_cast<std::size_t>(LZ4_compressBound(size)));
        const int packed_size = LZ4_compress_default(
            reinterpret_cast<const char*>(pending_.data()), reinterpret_cast<char*>(packed.data()), size,
            static_cast<int>(packed.size()));
        // Three percent, or it is not worth the reader's time.
        const bool is_packed = packed_size > 0 && packed_size < size - size / 32;
        put_varint(directory_, 2 * pending_runs_ + (is_packed ? 1 : 0));
        if (is_packed) {
            put_varint(directory_, static_cast<std::uint64_t>(packed_size));
            bytes_.insert(bytes_.end(), packed.begin(), packed.begin() + packed_size);
        } else {
            bytes_.insert(bytes_.end(), pending_.begin(), pending_.end());
        }
        ++section_count_;
        pending_.clear();
        pending_runs_ = 0;
    }

    Bytes pending_;
    std::uint64_t pending_runs_ = 0;
    Bytes directory_;
    std::uint64_t section_count_ = 0;
    Bytes bytes_;
};

void put_carried(Bytes& header, const EventBlock& block) {
    if (!block.is_stack_known) {
        put_varint(header, 0);
        return;
    }
    put_varint(header, block.carried_spans.size() + 1);
    CarriedSpan previous{0, 0, 0};
    for (const CarriedSpan& span : block.carried_spans) {
        put_signed(header, span.event_id - previous.event_id);
        put_varint(header, span.descriptor);
        put_signed(header, span.begin - previous.begin);
        previous = span;
    }
}

void put_values(Bytes& header, Body& body, const std::vector<std::uint64_t>& values, unsigned width) {
    const planar::Stored stored = planar::choose_transform(values, width);
    header.push_back(static_cast<std::uint8_t>(width));
    header.push_back(static_cast<std::uint8_t>(stored.transform));
    for (const std::uint64_t seed : stored.seeds) {
        put_varint(header, seed);
    }
    std::uint64_t differing = 0;
    for (const std::uint64_t value : stored.values) {
        differing |= value ^ stored.values[0];
    }
    std::uint8_t mask = 0;
    for (unsigned plane = 0; plane < width; ++plane) {
        mask = static_cast<std::uint8_t>(mask | ((differing >> (8 * plane) & 0xff) != 0 ? 1u << plane : 0));
    }
    if (stored.transform != planar::Transform::Constant) {
        header.push_back(mask);
    }
    for (unsigned plane = 0; plane < width; ++plane) {
        if ((mask >> plane & 1) == 0) {
            header.push_back(static_cast<std::uint8_t>(stored.values[0] >> (8 * plane)));
            continue;
        }
        Bytes run(stored.values.size());
        std::transform(stored.values.begin(), stored.values.end(), run.begin(),
                       [&](std::uint64_t value) { return static_cast<std::uint8_t>(value >> (8 * plane)); });
        body.add_run(std::move(run));
    }
}

}  // namespace

Bytes planar(const std::vector<TypeLayout>& types, const EventBlock& block) {
    planar::Records records = planar::take_apart(types, block.objects);
    Bytes header;
    Body body;
    put_carried(header, block);
    put_varint(header, records.type_plane.size());
    put_varint(header, records.types.size());
    for (const planar::UsedType& type : records.types) {
        header.push_back(type.index);
        put_varint(header, type.size);
        put_varint(header, type.record_count);
    }
    if (records.types.size() == 1) {
        header.push_back(0);
        header.push_back(records.types[0].index);
    } else if (records.types.size() > 1) {
        header.push_back(1);
        body.add_run(std::move(records.type_plane));
    }
    put_varint(header, records.groups.size());
    for (const planar::Group& group : records.groups) {
        put_varint(header, group.places.size());
        for (const planar::Place& place : group.places) {
            header.push_back(place.type_index);
            put_varint(header, place.offset);
        }
        put_values(header, body, group.values, group.width);
    }
    if (!records.sizes.empty()) {
        put_values(header, body, records.sizes, sizeof(std::uint32_t));
    }
    put_varint(header, records.rest.size());
    if (!records.rest.empty()) {
        body.add_run(std::move(records.rest));
    }
    put_varint(header, 0);
    body.finish(header);

    Bytes out(preamble_bytes);
    std::copy(std::begin(magic), std::end(magic), out.begin());
    out[4] = version;
    out[5] = codec_lz4;
    put_u32(out.data() + checked_offset, header.size());
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), body.bytes().begin(), body.bytes().end());
    put_u32(out.data() + checksum_offset, planar::xxh64(out.data() + checked_offset, out.size() - checked_offset));
    return out;
}

}  // namespace micromegas::wire

// Records of the wire, one after the other: type index, size if it is not the type's, payload.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "micromegas/sink.h"
#include "micromegas/text.h"

namespace micromegas {

class RecordQueue {
public:
    // Begins a record of a type with a size of its own.
    void begin(std::uint8_t type_index) { bytes_.push_back(type_index); }
    // Begins a record that carries its size.
    void begin(std::uint8_t type_index, std::uint32_t size) {
        begin(type_index);
        put(size);
    }

    // Numbers lie as in memory: all supported machines are little-endian.
    template <class Number>
    void put(Number value) {
        const std::size_t end = bytes_.size();
        bytes_.resize(end + sizeof value);
        std::memcpy(bytes_.data() + end, &value, sizeof value);
    }

    static constexpr std::uint32_t text_head_bytes = 5;
    void put_text(Codec codec, const void* data, std::uint32_t byte_count) {
        put(static_cast<std::uint8_t>(codec));
        put(byte_count);
        put_bytes(data, byte_count);
    }
    void put_bytes(const void* data, std::size_t byte_count) {
        const auto* first = static_cast<const std::uint8_t*>(data);
        bytes_.insert(bytes_.end(), first, first + byte_count);
    }

    std::size_t size() const { return bytes_.size(); }
    void clear() { bytes_.clear(); }
    const Bytes& bytes() const { return bytes_; }
    Bytes take() { return std::move(bytes_); }
    void reserve(std::size_t byte_count) { bytes_.reserve(byte_count); }

private:
    Bytes bytes_;
};

}  // namespace micromegas

// A record buffer taken apart: the values of its members, and the bytes that belong to none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "micromegas/layout.h"
#include "micromegas/sink.h"

namespace micromegas::planar {

// Where values of a group lie in the records of one type.
struct Place {
    std::uint8_t type_index;
    std::uint32_t offset;
};

// Members of the same name and width, across the types that have them.
struct Group {
    std::string name;
    std::uint8_t width;
    std::vector<Place> places;
    // In record order.
    std::vector<std::uint64_t> values;
};

// A type of which there are records.
struct UsedType {
    std::uint8_t index;
    // 0 if each record carries its own.
    std::uint32_t size;
    std::uint64_t record_count;
};

struct Records {
    std::vector<UsedType> types;
    Bytes type_plane;
    std::vector<Group> groups;
    // Of the records that carry them.
    std::vector<std::uint64_t> sizes;
    Bytes rest;
};

// The records must be whole ones of these types.
Records take_apart(const std::vector<TypeLayout>& types, const Bytes& records);

}  // namespace micromegas::planar

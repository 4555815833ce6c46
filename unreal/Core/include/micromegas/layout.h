// How the records of a stream lie in memory, as its document tells it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace micromegas {

struct Member {
    std::string name;
    std::string type_name;
    std::uint32_t offset;
    std::uint32_t size;
    bool is_reference;
};

struct TypeLayout {
    std::string name;
    // Size of a record's payload; 0 where each record carries its own.
    std::uint32_t size;
    std::vector<Member> members;
    bool is_reference;
    // Of a type without a size: the members at the front of each record, which the document leaves
    // out and the planar encoder takes apart.
    std::vector<Member> front;
};

// The types of a stream. A record begins with the index of its type.
struct StreamLayout {
    std::vector<TypeLayout> dependencies;
    std::vector<TypeLayout> objects;
};

}  // namespace micromegas

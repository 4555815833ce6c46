#include "records.h"

#include <algorithm>
#include <cstring>

namespace micromegas::planar {

namespace {

// Types with more bytes outside of members than this give them to the rest.
constexpr std::size_t gap_bytes_max = 64;
constexpr std::uint32_t width_max = 8;

// How the records of a type are read.
struct Plan {
    struct Field {
        std::uint32_t offset;
        std::uint32_t width;
        std::size_t group;
    };

    std::uint32_t size = 0;
    std::uint64_t record_count = 0;
    std::vector<Field> fields;
    // Bytes at the front that fields cover; what follows goes to the rest.
    std::uint32_t covered = 0;
};

std::size_t group_of(std::vector<Group>& groups, const std::string& name, std::uint32_t width) {
    for (std::size_t index = 0; index < groups.size(); ++index) {
        if (groups[index].name == name && groups[index].width == width) {
            return index;
        }
    }
    groups.push_back({name, static_cast<std::uint8_t>(width), {}, {}});
    return groups.size() - 1;
}

std::uint64_t value_at(const std::uint8_t* place, std::uint32_t width) {
    std::uint64_t value = 0;
    std::memcpy(&value, place, width);
    return value;
}

// The members, one after the other without overlap, and between them single bytes.
std::vector<Member> without_gaps(const TypeLayout& type) {
    std::vector<Member> members = type.size == 0 ? type.front : type.members;
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.offset < b.offset; });
    std::vector<Member> all;
    std::size_t gap_bytes = 0;
    std::uint32_t end = 0;
    const auto fill_to = [&](std::uint32_t offset) {
        for (; end < offset && gap_bytes < gap_bytes_max; ++end, ++gap_bytes) {
            all.push_back({"", "u8", end, 1, false});
        }
    };
    for (const Member& member : members) {
        fill_to(member.offset);
        if (member.offset != end || member.size == 0 || member.size > width_max) {
            break;
        }
        all.push_back(member);
        end += member.size;
    }
    fill_to(type.size);
    return all;
}

void plan_type(const TypeLayout& type, std::uint8_t type_index, Plan& plan, std::vector<Group>& groups) {
    for (const Member& member : without_gaps(type)) {
        const std::size_t group = group_of(groups, member.name, member.size);
        auto& places = groups[group].places;
        const bool is_taken = !places.empty() && places.back().type_index == type_index;
        // A type is at most once in a group: a second member of that name has one of its own.
        const std::size_t own = is_taken ? groups.size() : group;
        if (is_taken) {
            groups.push_back({member.name, static_cast<std::uint8_t>(member.size), {}, {}});
        }
        groups[own].places.push_back({type_index, member.offset});
        plan.fields.push_back({member.offset, member.size, own});
        plan.covered = member.offset + member.size;
    }
}

struct Found {
    std::uint8_t type_index;
    std::uint32_t offset;
    std::uint32_t size;
};

}  // namespace

Records take_apart(const std::vector<TypeLayout>& types, const Bytes& records) {
    Records parts;
    std::vector<Plan> plans(types.size());
    std::vector<std::uint32_t> least_sizes(types.size(), UINT32_MAX);
    std::vector<Found> found;
    for (std::size_t at = 0; at < records.size();) {
        const std::uint8_t index = records[at++];
        std::uint32_t size = types[index].size;
        if (size == 0) {
            std::memcpy(&size, records.data() + at, sizeof size);
            at += sizeof size;
            parts.sizes.push_back(size);
        }
        ++plans[index].record_count;
        least_sizes[index] = std::min(least_sizes[index], size);
        found.push_back({index, static_cast<std::uint32_t>(at), size});
        parts.type_plane.push_back(index);
        at += size;
    }
    for (std::size_t index = 0; index < types.size(); ++index) {
        Plan& plan = plans[index];
        if (plan.record_count == 0) {
            continue;
        }
        const auto type_index = static_cast<std::uint8_t>(index);
        plan.size = types[index].size;
        parts.types.push_back({type_index, plan.size, plan.record_count});
        const auto& front = types[index].front;
        const bool is_whole = plan.size != 0 || front.empty() ||
                              front.back().offset + front.back().size <= least_sizes[index];
        if (is_whole) {
            plan_type(types[index], type_index, plan, parts.groups);
        }
    }
    for (const Found& record : found) {
        const std::uint8_t* payload = records.data() + record.offset;
        const Plan& plan = plans[record.type_index];
        for (const Plan::Field& field : plan.fields) {
            parts.groups[field.group].values.push_back(value_at(payload + field.offset, field.width));
        }
        parts.rest.insert(parts.rest.end(), payload + plan.covered, payload + record.size);
    }
    return parts;
}

}  // namespace micromegas::planar

// The CBOR documents.

#include <cinttypes>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "micromegas/wire.h"
#include "valid_utf8.h"

namespace micromegas::wire {

namespace {

using Document = nlohmann::json;

Document properties(const Properties& properties) {
    Document document = Document::object();
    for (const auto& [name, value] : properties) {
        document[valid_utf8(name)] = valid_utf8(value);
    }
    return document;
}

Document members(const std::vector<Member>& members) {
    Document list = Document::array();
    for (const Member& member : members) {
        list.push_back({
            {"name", member.name},
            {"type_name", member.type_name},
            {"offset", member.offset},
            {"size", member.size},
            {"is_reference", member.is_reference},
        });
    }
    return list;
}

Document types(const std::vector<TypeLayout>& types) {
    Document list = Document::array();
    for (const TypeLayout& type : types) {
        list.push_back({
            {"name", type.name},
            {"size", type.size},
            {"members", members(type.members)},
            {"is_reference", type.is_reference},
        });
    }
    return list;
}

// Days since 1970 as year, month and day: eras of 400 years have 146,097 days each, and years that
// begin in March end with the leap day.
struct Date {
    std::int64_t year;
    unsigned month;
    unsigned day;
};

Date date_of(std::int64_t days_since_1970) {
    constexpr std::int64_t era_days = 146'097;
    const std::int64_t days = days_since_1970 + 719'468;
    const std::int64_t era = (days >= 0 ? days : days - era_days + 1) / era_days;
    const auto day_of_era = static_cast<unsigned>(days - era * era_days);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned march_month = (5 * day_of_year + 2) / 153;
    const unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;
    return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day_of_year - (153 * march_month + 2) / 5 + 1};
}

}  // namespace

std::string rfc3339(std::int64_t nanoseconds) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    constexpr std::int64_t day_seconds = 86'400;
    std::int64_t seconds = nanoseconds / second_ns;
    std::int64_t rest = nanoseconds % second_ns;
    if (rest < 0) {
        rest += second_ns;
        --seconds;
    }
    std::int64_t days = seconds / day_seconds;
    std::int64_t second = seconds % day_seconds;
    if (second < 0) {
        second += day_seconds;
        --days;
    }
    const Date date = date_of(days);
    char text[64];
    std::snprintf(text, sizeof text, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%09" PRId64 "Z", date.year,
                  date.month, date.day, static_cast<unsigned>(second / 3'600),
                  static_cast<unsigned>(second / 60 % 60), static_cast<unsigned>(second % 60), rest);
    return text;
}

Bytes process_document(const ProcessInfo& process) {
    Document document = {
        {"process_id", process.process_id},
        {"exe", valid_utf8(process.exe)},
        {"username", valid_utf8(process.username)},
        {"realname", valid_utf8(process.realname)},
        {"computer", valid_utf8(process.computer)},
        {"distro", valid_utf8(process.distro)},
        {"cpu_brand", valid_utf8(process.cpu_brand)},
        {"tsc_frequency", process.tsc_frequency},
        {"start_time", rfc3339(process.start_time)},
        {"start_ticks", process.start_ticks},
        {"parent_process_id", nullptr},
        {"properties", properties(process.properties)},
    };
    if (!process.parent_process_id.empty()) {
        document["parent_process_id"] = process.parent_process_id;
    }
    return Document::to_cbor(document);
}

Bytes stream_document(const StreamInfo& stream) {
    return Document::to_cbor({
        {"process_id", stream.process_id},
        {"stream_id", stream.stream_id},
        {"dependencies_metadata", types(stream.layout->dependencies)},
        {"objects_metadata", types(stream.layout->objects)},
        {"tags", Document::array({stream.tag})},
        {"properties", properties(stream.properties)},
    });
}

Bytes block_document(const StreamInfo& stream, const EventBlock& block, const Payload& payload) {
    Document document = {
        {"block_id", block.block_id},
        {"stream_id", stream.stream_id},
        {"process_id", stream.process_id},
        {"begin_time", rfc3339(block.begin_time)},
        {"begin_ticks", block.begin_ticks},
        {"end_time", rfc3339(block.end_time)},
        {"end_ticks", block.end_ticks},
        {"payload",
         {{"dependencies", Document::binary(payload.dependencies)}, {"objects", Document::binary(payload.objects)}}},
        {"object_offset", block.object_offset},
        {"nb_objects", block.event_count},
        {"least_event_ticks", block.least_event_ticks},
        {"greatest_event_ticks", block.greatest_event_ticks},
    };
    if (block.skipped_events > 0) {
        document["skipped_events"] = block.skipped_events;
    }
    return Document::to_cbor(document);
}

Bytes block_document(const StreamInfo& stream, const EventBlock& block, Packing packing) {
    Payload payload;
    payload.dependencies = plain(block.dependencies);
    payload.objects = packing == Packing::Planar ? planar(stream.layout->objects, block) : plain(block.objects);
    return block_document(stream, block, payload);
}

}  // namespace micromegas::wire

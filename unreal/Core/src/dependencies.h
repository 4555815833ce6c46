// What the events of a block refer to: strings, descriptors and property sets, each once a block
// and before what refers to it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "micromegas/metadata.h"
#include "micromegas/property_set.h"
#include "record_queue.h"

namespace micromegas {

// Descriptors have numbers for the life of the process; strings and sets have ids of their block.
class Dependencies {
public:
    Dependencies() = default;
    Dependencies(const Dependencies&) = delete;
    Dependencies& operator=(const Dependencies&) = delete;
    ~Dependencies() { take_back_sets(); }

    // Begins a block: nothing is in it.
    void begin_block();
    // Ends the block and returns its records.
    Bytes end_block();

    std::uint64_t span(const SpanMetadata& metadata);
    std::uint64_t location(const SpanLocation& location);
    std::uint64_t log(const LogMetadata& metadata);
    std::uint64_t metric(const MetricMetadata& metadata);
    // The string that a word stands for.
    std::uint64_t name(WordText text_of, std::uint64_t word);
    // The union of the two sets, either of which may be null; `own` beats `context`. The record's
    // share in `own` is given back at the end of the block.
    std::uint64_t properties(const PropertySet* context, const PropertySet* own);

private:
    std::uint64_t string(TextView text);
    void take_back_sets();
    bool is_first_use(std::uint32_t& number);

    // For each descriptor's number, the last block that holds it.
    static std::vector<std::uint64_t>& holders();

    std::uint64_t block_ = 0;
    std::uint64_t next_id_ = 0;
    // By codec and bytes.
    std::unordered_map<std::string, std::uint64_t> strings_;
    std::map<std::pair<WordText, std::uint64_t>, std::uint64_t> names_;
    std::map<std::pair<const PropertySet*, const PropertySet*>, std::uint64_t> sets_;
    // By the ids of names and values: threads make their sets apart, and they may be alike.
    std::map<std::vector<std::uint64_t>, std::uint64_t> contents_;
    std::vector<const PropertySet*> lent_;
    std::string text_;
    RecordQueue records_;
};

}  // namespace micromegas

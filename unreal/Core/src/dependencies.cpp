#include "dependencies.h"

#include "layouts.h"

namespace micromegas {

namespace {

// Above all numbers of descriptors.
constexpr std::uint64_t first_block_id = std::uint64_t{1} << 32;

// Counts blocks of all dispatches of the process, so that a number's holder is never mistaken.
std::uint64_t block_count = 0;

TextView utf8(const std::string& text) { return text_of(text); }

}  // namespace

std::vector<std::uint64_t>& Dependencies::holders() {
    static std::vector<std::uint64_t>& holders = *new std::vector<std::uint64_t>;
    return holders;
}

void Dependencies::begin_block() {
    block_ = ++block_count;
    next_id_ = first_block_id;
    strings_.clear();
    names_.clear();
    sets_.clear();
    contents_.clear();
    records_.clear();
}

Bytes Dependencies::end_block() {
    take_back_sets();
    return records_.bytes();
}

void Dependencies::take_back_sets() {
    for (const PropertySet* set : lent_) {
        PropertySetRef::take_back(set);
    }
    lent_.clear();
}

// Whether the block lacks what has this number; it holds it from now on.
bool Dependencies::is_first_use(std::uint32_t& number) {
    if (number == 0) {
        holders().push_back(0);
        number = static_cast<std::uint32_t>(holders().size());
    }
    return std::exchange(holders()[number - 1], block_) != block_;
}

std::uint64_t Dependencies::string(TextView text) {
    text_.assign(1, static_cast<char>(text.codec));
    if (text.byte_count > 0) {
        text_.append(static_cast<const char*>(text.data), text.byte_count);
    }
    const auto [place, is_new] = strings_.emplace(text_, next_id_);
    if (is_new) {
        ++next_id_;
        records_.begin(layouts::static_string,
                       static_cast<std::uint32_t>(sizeof place->second) + RecordQueue::text_head_bytes + text.byte_count);
        records_.put(place->second);
        records_.put_text(text.codec, text_.data() + 1, text.byte_count);
    }
    return place->second;
}

std::uint64_t Dependencies::span(const SpanMetadata& metadata) {
    if (is_first_use(metadata.number)) {
        const std::uint64_t name = string(metadata.name);
        const std::uint64_t target = string(metadata.site.target);
        const std::uint64_t file = string(metadata.site.file);
        records_.begin(layouts::descriptor);
        records_.put<std::uint64_t>(metadata.number);
        records_.put(name);
        records_.put(target);
        records_.put(file);
        records_.put(metadata.site.line);
        records_.put(static_cast<std::uint32_t>(metadata.verbosity));
    }
    return metadata.number;
}

std::uint64_t Dependencies::location(const SpanLocation& location) {
    if (is_first_use(location.number)) {
        const std::uint64_t target = string(location.site.target);
        const std::uint64_t file = string(location.site.file);
        records_.begin(layouts::span_location);
        records_.put<std::uint64_t>(location.number);
        records_.put(target);
        records_.put(file);
        records_.put(location.site.line);
        records_.put(static_cast<std::uint32_t>(location.verbosity));
    }
    return location.number;
}

std::uint64_t Dependencies::log(const LogMetadata& metadata) {
    if (is_first_use(metadata.number)) {
        const std::uint64_t format = string(metadata.format);
        const std::uint64_t target = string(metadata.site.target);
        const std::uint64_t file = string(metadata.site.file);
        records_.begin(layouts::descriptor);
        records_.put<std::uint64_t>(metadata.number);
        records_.put(format);
        records_.put(target);
        records_.put(file);
        records_.put(metadata.site.line);
        records_.put(static_cast<std::uint32_t>(metadata.level));
    }
    return metadata.number;
}

std::uint64_t Dependencies::metric(const MetricMetadata& metadata) {
    if (is_first_use(metadata.number)) {
        const std::uint64_t name = string(metadata.name);
        const std::uint64_t unit = string(metadata.unit);
        const std::uint64_t target = string(metadata.site.target);
        const std::uint64_t file = string(metadata.site.file);
        records_.begin(layouts::descriptor);
        records_.put<std::uint64_t>(metadata.number);
        records_.put(name);
        records_.put(unit);
        records_.put(target);
        records_.put(file);
        records_.put(metadata.site.line);
        records_.put(static_cast<std::uint32_t>(metadata.verbosity));
    }
    return metadata.number;
}

std::uint64_t Dependencies::name(WordText text_of_word, std::uint64_t word) {
    const auto key = std::make_pair(text_of_word, word);
    const auto found = names_.find(key);
    if (found != names_.end()) {
        return found->second;
    }
    std::string text;
    const Codec codec = text_of_word(word, text);
    const std::uint64_t id = string(TextView(text.data(), static_cast<std::uint32_t>(text.size()), codec));
    names_.emplace(key, id);
    return id;
}

std::uint64_t Dependencies::properties(const PropertySet* context, const PropertySet* own) {
    if (own != nullptr) {
        lent_.push_back(own);
    }
    const auto key = std::make_pair(context, own);
    const auto found = sets_.find(key);
    if (found != sets_.end()) {
        return found->second;
    }
    Properties all;
    if (own != nullptr) {
        all = own->properties();
    }
    if (context != nullptr) {
        all.insert(context->properties().begin(), context->properties().end());
    }
    std::vector<std::uint64_t> words;
    for (const auto& [name, value] : all) {
        words.push_back(string(utf8(name)));
        words.push_back(string(utf8(value)));
    }
    const auto [place, is_new] = contents_.emplace(std::move(words), next_id_);
    const std::uint64_t id = place->second;
    sets_.emplace(key, id);
    if (is_new) {
        ++next_id_;
        const auto word_bytes = static_cast<std::uint32_t>(place->first.size() * sizeof place->first[0]);
        records_.begin(layouts::property_set, static_cast<std::uint32_t>(sizeof id + sizeof(std::uint32_t)) + word_bytes);
        records_.put(id);
        records_.put(static_cast<std::uint32_t>(all.size()));
        records_.put_bytes(place->first.data(), word_bytes);
    }
    return id;
}

}  // namespace micromegas

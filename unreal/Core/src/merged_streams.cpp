#include "merged_streams.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "context.h"
#include "layouts.h"
#include "micromegas/clock.h"
#include "records.h"
#include "threads.h"

namespace micromegas {

namespace {

// A thread may be stopped between reading the clock and publishing. Contexts are kept for the
// events of so long ago.
constexpr std::int64_t late_seconds_max = 60;

template <class Descriptor>
const Descriptor& descriptor(std::uint64_t head) {
    return *reinterpret_cast<const Descriptor*>(static_cast<std::uintptr_t>(head & ~records::tag_mask));
}

// Where a record begins, and when it happened.
struct Entry {
    std::int64_t time;
    const std::uint64_t* words;
};

void write_log(const std::uint64_t* words, const PropertySet* context, BlockBuilder& block) {
    const auto time = static_cast<std::int64_t>(words[1]);
    const PropertySet* own = records::log_set(words);
    const auto bytes = static_cast<std::uint32_t>(words[3]);
    const auto codec = static_cast<Codec>(words[3] >> detail::codec_shift & 0xff);
    const auto level = static_cast<std::uint8_t>(words[3] >> detail::level_shift);
    const std::uint32_t text_bytes = RecordQueue::text_head_bytes + bytes;
    RecordQueue& objects = block.objects;
    if (records::tag(words) == detail::origin_tag) {
        const auto target = block.dependencies.name(descriptor<LogOrigin>(words[0]).target_of, words[4]);
        const auto properties = block.dependencies.properties(context, own);
        objects.begin(layouts::tagged_interop_entry, 33 + text_bytes);
        objects.put(time);
        objects.put(level);
        // A reference to text is sixteen bytes wide, of which the first eight are the id.
        objects.put(target);
        objects.put(std::uint64_t{0});
        objects.put(properties);
        objects.put_text(codec, words + 5, bytes);
        return;
    }
    const std::uint64_t desc = block.dependencies.log(descriptor<LogMetadata>(words[0]));
    if (context == nullptr && own == nullptr) {
        objects.begin(layouts::log_entry, 16 + text_bytes);
        objects.put(desc);
    } else {
        const auto properties = block.dependencies.properties(context, own);
        objects.begin(layouts::tagged_log_entry, 24 + text_bytes);
        objects.put(desc);
        objects.put(properties);
    }
    objects.put(time);
    objects.put_text(codec, words + 4, bytes);
}

void write_metric(const std::uint64_t* words, const PropertySet* context, BlockBuilder& block) {
    const bool is_float = (records::tag(words) & 1) == detail::float_metric_tag;
    const PropertySet* own = records::metric_set(words);
    const bool is_tagged = context != nullptr || own != nullptr;
    const std::uint64_t desc = block.dependencies.metric(descriptor<MetricMetadata>(words[0]));
    const std::uint64_t properties = is_tagged ? block.dependencies.properties(context, own) : 0;
    const unsigned kind = is_float ? layouts::float_metric : layouts::integer_metric;
    block.objects.begin(static_cast<std::uint8_t>(kind + (is_tagged ? layouts::tagged_metric : 0)));
    block.objects.put(desc);
    block.objects.put(words[2]);
    block.objects.put(words[1]);
    if (is_tagged) {
        block.objects.put(properties);
    }
}

template <class Measure, class Write>
void flush_merged(Kind kind, Stream& stream, Outlet& outlet, Measure measure, Write write) {
    const auto late = threads::take_late(kind);
    std::vector<Taken> taken;
    for (RecordingThread* thread : threads::list()) {
        thread->chain(kind).take(taken);
    }
    std::vector<Entry> entries;
    const auto add = [&](const std::uint64_t* words, const std::uint64_t* end) {
        for (; words < end; words += measure(words)) {
            entries.push_back({static_cast<std::int64_t>(words[1]), words});
        }
    };
    for (const Taken& run : taken) {
        stream.skip(run.skipped_events());
        add(run.begin(), run.end());
    }
    for (const LateRun& run : late) {
        add(run.words.data(), run.words.data() + run.words.size());
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.time < b.time; });

    const auto history = context::history(now() - late_seconds_max * ticks_per_second());
    auto period = history.begin();
    auto entry = entries.begin();
    while (entry != entries.end()) {
        BlockBuilder block(outlet.dependencies);
        for (; entry != entries.end() && !block.is_full(); ++entry) {
            while (std::next(period) != history.end() && std::next(period)->begin <= entry->time) {
                ++period;
            }
            block.note(entry->time);
            write(entry->words, period->properties.get(), block);
        }
        stream.deliver(outlet, block);
    }
    taken.clear();
    for (RecordingThread* thread : threads::list()) {
        thread->recycle();
    }
}

}  // namespace

void flush_logs(Stream& stream, Outlet& outlet) {
    flush_merged(Kind::Logs, stream, outlet, records::log_words, write_log);
}

void flush_metrics(Stream& stream, Outlet& outlet) {
    flush_merged(Kind::Metrics, stream, outlet, records::metric_words, write_metric);
}

}  // namespace micromegas

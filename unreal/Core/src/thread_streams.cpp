#include "thread_streams.h"

#include "layouts.h"
#include "micromegas/metadata.h"
#include "micromegas/span.h"
#include "net_events.h"

namespace micromegas {

namespace {

constexpr std::uint64_t tag_mask = descriptor_alignment - 1;
// The streams of this many ended threads are kept.
constexpr std::size_t ended_max = 256;

template <class Descriptor>
const Descriptor& at(std::uint64_t address) {
    return *reinterpret_cast<const Descriptor*>(static_cast<std::uintptr_t>(address));
}

Properties properties_of(const RecordingThread& thread) {
    Properties properties{{"thread-id", thread.id}};
    if (!thread.name.empty()) {
        properties["thread-name"] = thread.name;
    }
    return properties;
}

void deliver_spans(const std::uint64_t* words, const std::uint64_t* end, Stream& stream, OpenSpans& open,
                   Outlet& outlet) {
    while (words < end) {
        BlockBuilder block(outlet.dependencies);
        block.is_stack_known = open.carry(outlet.dependencies, block.carried_spans);
        std::int64_t event_id = stream.next_event_id();
        block.objects.reserve(static_cast<std::size_t>(end - words) * 9);
        for (; words < end && !block.is_full(); ++event_id) {
            const auto tag = static_cast<unsigned>(words[0] & tag_mask);
            const std::uint64_t address = words[0] & ~tag_mask;
            const auto time = static_cast<std::int64_t>(words[1]);
            const bool is_named = tag >= detail::begin_named_span_tag;
            const bool is_begin = tag == detail::begin_span_tag || tag == detail::begin_named_span_tag;
            block.note(time);
            if (is_named) {
                const auto& location = at<SpanLocation>(address);
                const std::uint64_t id = block.dependencies.location(location);
                const std::uint64_t name = block.dependencies.name(location.name_of, words[2]);
                block.objects.begin(static_cast<std::uint8_t>(tag));
                block.objects.put(id);
                block.objects.put(time);
                block.objects.put(name);
            } else {
                const std::uint64_t id = block.dependencies.span(at<SpanMetadata>(address));
                block.objects.begin(static_cast<std::uint8_t>(tag));
                block.objects.put(id);
                block.objects.put(time);
            }
            if (is_begin) {
                open.begin(event_id, address, is_named, time);
            } else {
                open.end(address);
            }
            words += is_named ? 3 : 2;
        }
        stream.deliver(outlet, block);
    }
}

void deliver_net(const std::uint64_t* words, const std::uint64_t* end, Stream& stream, Outlet& outlet) {
    while (words < end) {
        BlockBuilder block(outlet.dependencies);
        for (; words < end && !block.is_full(); words += 4) {
            const auto tag = static_cast<unsigned>(words[0] & tag_mask);
            const auto time = static_cast<std::int64_t>(words[1]);
            const bool has_name = tag == net_connection_begin || tag == net_object_begin ||
                                  tag == net_property || tag == net_rpc_begin;
            const bool has_size = tag == net_connection_end || tag == net_object_end ||
                                  tag == net_property || tag == net_rpc_end;
            const std::uint64_t name =
                has_name ? block.dependencies.name(at<NetOrigin>(words[0] & ~tag_mask).name_of, words[2]) : 0;
            block.note(time);
            block.objects.begin(static_cast<std::uint8_t>(tag));
            block.objects.put(time);
            if (has_name) {
                block.objects.put(name);
            }
            if (has_size) {
                block.objects.put(static_cast<std::uint32_t>(words[3] < UINT32_MAX ? words[3] : UINT32_MAX));
            } else if (tag == net_connection_begin) {
                block.objects.put(static_cast<std::uint8_t>(words[3]));
            }
        }
        stream.deliver(outlet, block);
    }
}

}  // namespace

template <class Streams, class Make, class Deliver>
void ThreadStreams::flush(Kind kind, Outlet& outlet, Streams& streams, Make make, Deliver deliver) {
    // First what came last: when this was recorded, its threads' chains were complete.
    const auto late = threads::take_late(kind);
    for (RecordingThread* thread : threads::list()) {
        std::vector<Taken> taken;
        thread->chain(kind).take(taken);
        for (const Taken& run : taken) {
            auto& stream = streams.try_emplace(thread->number, make(outlet.process_id, properties_of(*thread))).first->second;
            deliver(run.begin(), run.end(), run.skipped_events(), stream);
        }
        taken.clear();
        thread->recycle();
    }
    for (const LateRun& run : late) {
        const Properties properties{{"thread-id", "ended thread " + std::to_string(run.thread_number)}};
        auto& stream = streams.try_emplace(run.thread_number, make(outlet.process_id, properties)).first->second;
        deliver(run.words.data(), run.words.data() + run.words.size(), 0, stream);
    }
    forget_finished();
}

void ThreadStreams::flush_spans(Outlet& outlet) {
    flush(
        Kind::Spans, outlet, spans_,
        [](const std::string& process_id, const Properties& properties) {
            return SpanStream{Stream(process_id, "cpu", layouts::thread(), properties), OpenSpans()};
        },
        [&](const std::uint64_t* begin, const std::uint64_t* end, std::uint64_t skipped, SpanStream& to) {
            if (skipped > 0) {
                to.stream.skip(skipped);
                to.open.lose_track();
            }
            deliver_spans(begin, end, to.stream, to.open, outlet);
        });
}

void ThreadStreams::flush_net(Outlet& outlet) {
    flush(
        Kind::Net, outlet, net_,
        [](const std::string& process_id, const Properties& properties) {
            return Stream(process_id, "net", layouts::net(), properties);
        },
        [&](const std::uint64_t* begin, const std::uint64_t* end, std::uint64_t skipped, Stream& to) {
            to.skip(skipped);
            deliver_net(begin, end, to, outlet);
        });
}

void ThreadStreams::forget_finished() {
    const auto finished = threads::forget_finished();
    ended_.insert(ended_.end(), finished.begin(), finished.end());
    while (ended_.size() > ended_max) {
        spans_.erase(ended_.front());
        net_.erase(ended_.front());
        ended_.erase(ended_.begin());
    }
}

}  // namespace micromegas

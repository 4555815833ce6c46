// Threads that start, record past several buffers, make property sets and end, beside a flusher that
// drains all the time: every event arrives once, in its thread's order, with its own properties, or
// is counted as lost; memory stays within its bound, and everything is given back.

#include <algorithm>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "check.h"
#include "layouts.h"
#include "memory_sink.h"
#include "micromegas/micromegas.h"
#include "pool.h"

namespace {

using namespace micromegas;

constexpr std::chrono::seconds patience{60};
constexpr int thread_count = 4;

// A sample says who recorded it, in which life, and how many that one had recorded before.
std::uint64_t sample(std::uint64_t thread, std::uint64_t life, std::uint64_t number) {
    return thread << 56 | life << 32 | number;
}

template <class Number>
Number read(const std::uint8_t*& at) {
    Number number;
    std::memcpy(&number, at, sizeof number);
    at += sizeof number;
    return number;
}

// The only value of each property set of a block, by the set's id.
std::map<std::uint64_t, std::string> sets_of(const Bytes& dependencies) {
    std::map<std::uint64_t, std::string> strings;
    std::map<std::uint64_t, std::string> sets;
    const std::uint8_t* at = dependencies.data();
    const std::uint8_t* const end = at + dependencies.size();
    while (at < end) {
        const auto type = read<std::uint8_t>(at);
        if (type == layouts::descriptor) {
            at += 48;
            continue;
        }
        const auto size = read<std::uint32_t>(at);
        const std::uint8_t* const next = at + size;
        const auto id = read<std::uint64_t>(at);
        if (type == layouts::static_string) {
            at += 5;
            strings[id] = std::string(at, next);
        } else {
            CHECK_EQUAL(read<std::uint32_t>(at), 1u);
            at += 8;
            CHECK(sets.emplace(id, strings[read<std::uint64_t>(at)]).second);
        }
        at = next;
    }
    return sets;
}

struct Sample {
    std::uint64_t value;
    // Empty without properties.
    std::string set;
};

// The samples in the order of the stream.
std::vector<Sample> samples_of(const test::MemorySink& sink) {
    std::vector<Sample> samples;
    for (const test::Kept& kept : sink.kept("metrics")) {
        const auto sets = sets_of(kept.block.dependencies);
        const std::uint8_t* at = kept.block.objects.data();
        const std::uint8_t* const end = at + kept.block.objects.size();
        while (at < end) {
            const auto type = read<std::uint8_t>(at);
            at += 8;
            const auto value = read<std::uint64_t>(at);
            at += 8;
            const bool is_tagged = type >= layouts::tagged_metric;
            const auto set = is_tagged ? sets.find(read<std::uint64_t>(at)) : sets.end();
            CHECK(!is_tagged || set != sets.end());
            samples.push_back({value, set != sets.end() ? set->second : ""});
        }
    }
    return samples;
}

const MetricMetadata tagged(Verbosity::Max, literal("tagged"), literal("none"), MICROMEGAS_SITE("test"));

void live(std::uint64_t thread, std::uint64_t life, int events) {
    for (int number = 0; number < events; ++number) {
        MICROMEGAS_SPAN_SCOPE("test", "event");
        if (number % 4 == 0) {
            // Some are alike from life to life and thread to thread, some new each time.
            const std::string value = std::to_string(number % 3 == 0 ? static_cast<std::uint64_t>(number % 16)
                                                                     : sample(thread, life, 0) + number);
            const auto set = PropertySetRef::find_or_create({{"set", value}});
            integer_metric(tagged, sample(thread, life, static_cast<std::uint64_t>(number)), set);
        } else {
            MICROMEGAS_IMETRIC("test", Verbosity::Max, "plain", "none", sample(thread, life, number));
        }
    }
}

std::string set_expected(std::uint64_t value) {
    const std::uint64_t number = value & 0xffff'ffff;
    if (number % 4 != 0) {
        return "";
    }
    return std::to_string(number % 3 == 0 ? number % 16 : value);
}

// A sample is one event. So is a span, as far as it is counted here: where its begin is lost, its end
// is not recorded, and where its end is lost, its begin is there alone.
struct Outcome {
    std::uint64_t recorded = 0;
    std::uint64_t arrived = 0;
    std::uint64_t begins = 0;
    std::uint64_t ends = 0;
    std::uint64_t lost = 0;
    std::uint64_t skipped = 0;
};

Outcome run(const Config& config, int lives, int events) {
    const auto sink = std::make_shared<test::MemorySink>();
    const std::uint64_t lost_before = dispatch::lost_events();
    const std::size_t sets_before = PropertySetRef::count();
    const std::size_t bytes_before = pool().total_bytes();
    CHECK(dispatch::start(config, sink));
    std::atomic<int> playing{thread_count};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < thread_count; ++thread) {
        threads.emplace_back([=, &playing] {
            for (int life = 0; life < lives; ++life) {
                // Short lives between long ones: threads that end while their first buffer is taken.
                std::thread([=] { live(thread, life, life % 3 == 0 ? events : events / 50 + 1); }).join();
            }
            --playing;
        });
    }
    while (playing > 0) {
        CHECK(pool().total_bytes() <= config.buffer_bytes_max);
        dispatch::flush(patience);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(dispatch::flush(patience));
    // All of their threads have ended.
    CHECK_EQUAL(PropertySetRef::count(), sets_before);
    dispatch::shutdown(patience);
    pool().set_bound(0);
    CHECK_EQUAL(pool().total_bytes(), bytes_before);

    Outcome outcome;
    for (int life = 0; life < lives; ++life) {
        outcome.recorded += 2 * thread_count * static_cast<std::uint64_t>(life % 3 == 0 ? events : events / 50 + 1);
    }
    outcome.lost = dispatch::lost_events() - lost_before;
    for (const char* tag : {"cpu", "metrics"}) {
        for (const test::Kept& kept : sink->kept(tag)) {
            outcome.skipped += kept.block.skipped_events;
        }
    }
    const std::vector<Sample> samples = samples_of(*sink);
    CHECK_EQUAL(samples.size(), static_cast<std::size_t>(sink->event_count("metrics")));
    // By thread and life, the number of the last sample.
    std::map<std::uint64_t, std::uint64_t> last;
    bool is_in_order = true;
    bool is_tagged_right = true;
    for (const Sample& one : samples) {
        const auto [place, is_first] = last.emplace(one.value >> 32, one.value);
        is_in_order = is_in_order && (is_first || one.value > place->second);
        place->second = one.value;
        is_tagged_right = is_tagged_right && one.set == set_expected(one.value);
    }
    CHECK(is_in_order);
    CHECK(is_tagged_right);
    // In each thread's stream begins and ends take turns, if none was lost.
    for (const test::Kept& kept : sink->kept("cpu")) {
        bool takes_turns = true;
        for (std::size_t at = 0; at < kept.block.objects.size(); at += 17) {
            const std::uint8_t type = kept.block.objects[at];
            ++(type == detail::begin_span_tag ? outcome.begins : outcome.ends);
            takes_turns = takes_turns && (at == 0 || type != kept.block.objects[at - 17] || outcome.lost > 0);
        }
        CHECK(takes_turns);
    }
    outcome.arrived = samples.size() + outcome.ends;
    return outcome;
}

// With so much memory for buffers, beside what threads hold that recorded before.
Config hurried(std::size_t bytes) {
    pool().set_bound(0);
    Config config;
    config.buffer_bytes_max = pool().total_bytes() + bytes;
    config.span_period = config.metric_period = config.log_period = std::chrono::milliseconds(1);
    return config;
}

}  // namespace

TEST(everything_of_threads_that_come_and_go_arrives_once) {
    const Outcome outcome = run(hurried(256 * 1024 * 1024), 16, 10'000);
    CHECK_EQUAL(outcome.lost, 0u);
    CHECK_EQUAL(outcome.arrived, outcome.recorded);
    CHECK_EQUAL(outcome.begins, outcome.ends);
}

TEST(what_finds_no_room_is_counted_and_nothing_else_is_missing) {
    const Outcome outcome = run(hurried(128 * 1024), 16, 10'000);
    CHECK(outcome.arrived > 0);
    CHECK(outcome.lost > 0);
    CHECK_EQUAL(outcome.arrived + outcome.lost, outcome.recorded);
    // What is lost before a thread's end is told by no block.
    CHECK(outcome.skipped <= outcome.lost);
}

TEST(threads_exchange_property_sets) {
    const std::size_t before = PropertySetRef::count();
    {
        std::vector<PropertySetRef> shared(64);
        std::vector<std::atomic<bool>> is_taken(shared.size());
        std::vector<std::thread> threads;
        for (int thread = 0; thread < thread_count; ++thread) {
            threads.emplace_back([&, thread] {
                for (std::size_t turn = 0; turn < 20'000; ++turn) {
                    const std::size_t place = (turn * 7 + static_cast<std::size_t>(thread) * 13) % shared.size();
                    const std::string value = std::to_string(turn % 200);
                    PropertySetRef set = PropertySetRef::find_or_create({{"value", value}});
                    CHECK_EQUAL(set.get()->properties().at("value"), value);
                    // A set that another thread made is often freed here.
                    if (!is_taken[place].exchange(true)) {
                        std::swap(shared[place], set);
                        is_taken[place].store(false);
                    }
                    CHECK(!set || set.get()->properties().size() == 1);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        // The threads have ended; what is shared lives on.
        std::size_t live = 0;
        for (const PropertySetRef& set : shared) {
            live += set ? 1 : 0;
            CHECK(!set || set.get()->properties().count("value") == 1);
        }
        CHECK(live > 0);
        CHECK(PropertySetRef::count() <= before + live);
    }
    CHECK_EQUAL(PropertySetRef::count(), before);
}

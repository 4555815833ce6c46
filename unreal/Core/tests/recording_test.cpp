// Recording: threads, their ends, exhausted memory, property sets, contexts, net scopes.

#include <atomic>
#include <thread>

#include "chain.h"
#include "check.h"
#include "memory_sink.h"
#include "micromegas/micromegas.h"
#include "pool.h"

namespace {

using namespace micromegas;

constexpr std::chrono::seconds patience{20};

struct Session {
    std::shared_ptr<test::MemorySink> sink = std::make_shared<test::MemorySink>();

    explicit Session(Config config = Config()) { CHECK(dispatch::start(config, sink)); }
    ~Session() { dispatch::shutdown(patience); }
};

void record_spans(int count) {
    for (int turn = 0; turn < count; ++turn) {
        MICROMEGAS_SPAN_SCOPE("test", "turn");
    }
}

std::vector<std::uint8_t> types_of(const test::MemorySink& sink, std::size_t words) {
    std::vector<std::uint8_t> types;
    for (const auto& kept : sink.kept("cpu")) {
        for (std::size_t at = 0; at < kept.block.objects.size(); at += words * 8 + 1) {
            types.push_back(kept.block.objects[at]);
        }
    }
    return types;
}

// Records when its thread ends, after everything else of that thread is gone.
struct LastWords {
    bool is_armed = false;
    ~LastWords() {
        if (is_armed) {
            record_spans(1);
        }
    }
};
thread_local LastWords last_words;

}  // namespace

TEST(nothing_waits_for_an_idle_thread) {
    Session session;
    std::atomic<bool> is_over{false};
    std::atomic<bool> has_recorded{false};
    std::thread idle([&] {
        MICROMEGAS_SPAN_SCOPE("test", "open");
        has_recorded = true;
        while (!is_over) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    while (!has_recorded) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(session.sink->event_count("cpu"), 1);
    is_over = true;
    idle.join();
    CHECK(dispatch::flush(patience));
    const auto kept = session.sink->kept("cpu");
    REQUIRE(kept.size() == 2);
    CHECK_EQUAL(kept[1].block.object_offset, 1);
    CHECK(kept[1].block.is_stack_known);
    CHECK_EQUAL(kept[1].block.carried_spans.size(), 1u);
}

TEST(every_event_of_many_threads_arrives) {
    Session session;
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([] {
            for (int turn = 0; turn < 20'000; ++turn) {
                MICROMEGAS_SPAN_SCOPE("test", "turn");
                MICROMEGAS_FMETRIC("test", Verbosity::Max, "value", "none", turn);
                if (turn % 10 == 0) {
                    MICROMEGAS_LOG("test", LogLevel::Info, "turn");
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(session.sink->event_count("cpu"), 160'000);
    CHECK_EQUAL(session.sink->event_count("metrics"), 80'000);
    CHECK_EQUAL(session.sink->event_count("log"), 8'000);
    for (const auto& kept : session.sink->kept("log")) {
        CHECK(kept.block.least_event_ticks <= kept.block.greatest_event_ticks);
    }
}

TEST(what_a_thread_records_at_its_very_end_arrives) {
    Session session;
    std::thread([] {
        last_words.is_armed = true;
        record_spans(1);
    }).join();
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(session.sink->event_count("cpu"), 4);
}

TEST(exhausted_memory_is_counted_and_told) {
    const std::uint64_t lost_before = dispatch::lost_events();
    Config config;
    config.buffer_bytes_max = 16 * 1024;
    config.span_period = std::chrono::hours(1);
    Session session(config);
    std::thread([] {
        record_spans(1'000'000);
        dispatch::flush(patience);
        record_spans(1);
    }).join();
    CHECK(dispatch::flush(patience));
    const std::uint64_t lost = dispatch::lost_events() - lost_before;
    std::uint64_t skipped = 0;
    for (const auto& kept : session.sink->kept("cpu")) {
        skipped += kept.block.skipped_events;
    }
    CHECK(lost > 0);
    CHECK_EQUAL(skipped, lost);
    const auto types = types_of(*session.sink, 2);
    std::size_t begins = 0;
    for (const std::uint8_t type : types) {
        begins += type == 0 ? 1 : 0;
    }
    CHECK(begins * 2 - types.size() <= 1);
}

TEST(property_sets_are_freed_when_unused) {
    const std::size_t before = PropertySetRef::count();
    {
        Session session;
        for (int player = 0; player < 1'000; ++player) {
            const auto set = PropertySetRef::find_or_create({{"player", std::to_string(player)}});
            MICROMEGAS_LOG_PROPERTIES("test", LogLevel::Info, set, "hello");
        }
        CHECK(PropertySetRef::count() > before);
        CHECK(dispatch::flush(patience));
        CHECK_EQUAL(PropertySetRef::count(), before);
        CHECK(session.sink->contains("log", "999"));
    }
}

TEST(the_context_is_that_of_the_event) {
    Session session;
    default_context::set("map", "first-map");
    MICROMEGAS_IMETRIC("test", Verbosity::Max, "m", "count", 1);
    CHECK(dispatch::flush(patience));
    default_context::set("map", "second-map");
    default_context::set("map", "third-map");
    MICROMEGAS_IMETRIC("test", Verbosity::Max, "m", "count", 2);
    default_context::clear();
    MICROMEGAS_IMETRIC("test", Verbosity::Max, "m", "count", 3);
    CHECK(dispatch::flush(patience));
    CHECK(session.sink->contains("metrics", "first-map"));
    CHECK(!session.sink->contains("metrics", "second-map"));
    CHECK(session.sink->contains("metrics", "third-map"));
    CHECK_EQUAL(default_context::copy().size(), 0u);
}

TEST(long_messages_are_cut_with_a_mark) {
    Session session;
    MICROMEGAS_LOG("test", LogLevel::Info, std::string(200'000, 'x'));
    CHECK(dispatch::flush(patience));
    CHECK(session.sink->contains("log", "xxx [cut]"));
    CHECK(session.sink->kept("log")[0].block.objects.size() < 70'000);
}

TEST(levels_are_filtered_and_nothing_is_recorded_without_a_dispatch) {
    {
        Config config;
        config.level_max = LogLevel::Warn;
        Session session(config);
        MICROMEGAS_LOG("test", LogLevel::Info, "not this");
        MICROMEGAS_LOG("test", LogLevel::Warn, "but this");
        CHECK(dispatch::flush(patience));
        CHECK_EQUAL(session.sink->event_count("log"), 1);
    }
    record_spans(10);
    MICROMEGAS_LOG("test", LogLevel::Fatal, "nobody listens");
    CHECK(!dispatch::flush(patience));
    Session session;
    MICROMEGAS_LOG("test", LogLevel::Fatal, "after a new start");
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(session.sink->event_count("cpu"), 0);
    CHECK(!session.sink->contains("log", "nobody"));
}

TEST(what_is_recorded_after_a_shutdown_is_forgotten_without_a_look_at_its_call_sites) {
    const std::size_t sets_before = PropertySetRef::count();
    std::atomic<int> step{0};
    const auto reach = [&](int number) {
        step = number;
        while (step != number + 1) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    };
    // Its buffers have room still when nothing runs any more.
    std::thread other;
    {
        Session session;
        other = std::thread([&] {
            record_spans(1);
            MICROMEGAS_LOG("test", LogLevel::Info, "before");
            MICROMEGAS_IMETRIC("test", Verbosity::Max, "before", "count", 1);
            reach(1);
            const auto set = PropertySetRef::find_or_create({{"after", "the end"}});
            // A call site that is gone when the next dispatch starts.
            const auto metadata = std::make_unique<MetricMetadata>(Verbosity::Max, literal("gone"), literal("count"),
                                                                  MICROMEGAS_SITE("test"));
            integer_metric(*metadata, 1, set);
            const auto span = std::make_unique<SpanMetadata>(literal("gone"), MICROMEGAS_SITE("test"));
            const SpanGuard guard(*span);
            reach(3);
        });
        while (step != 1) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        CHECK(dispatch::flush(patience));
    }
    step = 2;
    while (step != 3) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    step = 4;
    other.join();
    CHECK_EQUAL(PropertySetRef::count(), sets_before + 1);
    Session session;
    CHECK_EQUAL(PropertySetRef::count(), sets_before);
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(session.sink->event_count("metrics") + session.sink->event_count("cpu"), 0);
}

TEST(silent_net_scopes_are_not_recorded) {
    Session session;
    net::verbosity = 4;
    std::uint64_t bits = 0;
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("client", false);
        MICROMEGAS_NET_OBJECT_SCOPE("silent", bits);
    }
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("client", true);
        MICROMEGAS_NET_OBJECT_SCOPE("actor", bits);
        {
            MICROMEGAS_NET_SUSPEND_SCOPE();
            MICROMEGAS_NET_PROPERTY("suspended", 3);
        }
        MICROMEGAS_NET_RPC_SCOPE("call", bits);
        bits += 5;
    }
    MICROMEGAS_NET_OBJECT_EVENT("whole", 9);
    CHECK(dispatch::flush(patience));
    CHECK(!session.sink->contains("net", "silent"));
    CHECK(!session.sink->contains("net", "suspended"));
    CHECK_EQUAL(session.sink->event_count("net"), 8);
    net::verbosity = 1;
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("client", true);
        MICROMEGAS_NET_OBJECT_EVENT("absorbed", 9);
    }
    net::verbosity = 2;
    CHECK(dispatch::flush(patience));
    CHECK(!session.sink->contains("net", "absorbed"));
    CHECK_EQUAL(session.sink->event_count("net"), 10);
}

TEST(a_drained_buffer_is_filled_again) {
    pool().set_bound(1 << 20);
    Chain chain;
    const auto fill = [](Buffer* buffer) {
        while (buffer->append<1>([](std::uint64_t* words) { words[0] = 7; })) {
        }
    };
    Buffer* first = chain.renew(1);
    REQUIRE(first != nullptr);
    fill(first);
    {
        std::vector<Taken> taken;
        chain.take(taken);
        CHECK_EQUAL(taken.size(), 1u);
    }
    CHECK_EQUAL(chain.renew(1), first);
    fill(first);
    Buffer* second = nullptr;
    {
        std::vector<Taken> taken;
        chain.take(taken);
        CHECK_EQUAL(taken.size(), 1u);
        // The flusher still reads the first one.
        second = chain.renew(1);
        CHECK(second != first);
    }
    fill(second);
    std::vector<Taken> taken;
    chain.take(taken);
    REQUIRE(taken.size() == 1);
    CHECK_EQUAL(taken[0].end() - taken[0].begin(), static_cast<std::ptrdiff_t>(second->capacity_words()));
    taken.clear();
    chain.recycle(false);
    CHECK(!chain.is_empty());
    chain.recycle(true);
    CHECK(chain.is_empty());
}

TEST(idle_memory_is_lent_again_and_makes_way) {
    Pool own;
    own.set_bound(4 * least_words * sizeof(std::uint64_t));
    std::uint64_t* const first = own.take(least_words);
    std::uint64_t* const second = own.take(least_words);
    REQUIRE(first != nullptr && second != nullptr);
    CHECK(own.take(4 * least_words) == nullptr);
    own.give_back(first, least_words);
    CHECK_EQUAL(own.take(least_words), first);
    own.give_back(first, least_words);
    own.give_back(second, least_words);
    CHECK_EQUAL(own.total_bytes(), 2 * least_words * sizeof(std::uint64_t));
    std::uint64_t* const large = own.take(4 * least_words);
    REQUIRE(large != nullptr);
    CHECK_EQUAL(own.total_bytes(), 4 * least_words * sizeof(std::uint64_t));
    CHECK(own.take(least_words) == nullptr);
    own.set_bound(0);
    own.give_back(large, 4 * least_words);
    CHECK(own.take(least_words) == nullptr);
    CHECK_EQUAL(own.total_bytes(), 0u);
}

// What an event costs the thread that records it, against the least that any recorder can do: read
// the clock and store sixteen bytes into a buffer of the thread.
//
// Prints `name nanoseconds` lines: each is the best of many bursts, and all subjects take turns, so
// that what else the machine does meets them alike. With a folder, the multiples of the limits are
// left there, each in a file `NAME/value`.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "micromegas/micromegas.h"

namespace {

using namespace micromegas;
using Clock = std::chrono::steady_clock;

constexpr int burst = 4'000;
constexpr int rounds = 400;

// Takes everything and keeps nothing.
class Nowhere final : public EventSink {
    void on_process(const ProcessInfo&) override {}
    void on_stream(const std::shared_ptr<const StreamInfo>&) override {}
    void on_block(const std::shared_ptr<const StreamInfo>&, EventBlock) override {}
    bool wait_for_delivery(Deadline) override { return true; }
    void on_shutdown(Deadline) override {}
};

struct Yardstick {
    std::uint64_t* position;
    std::uint64_t* end;
    std::uint64_t* begin;
};

thread_local Yardstick yardstick;

template <int words>
inline void store(std::uint64_t head) {
    std::uint64_t* place = yardstick.position;
    if (MICROMEGAS_UNLIKELY(yardstick.end - place < words)) {
        place = yardstick.begin;
    }
    place[0] = head;
    place[1] = static_cast<std::uint64_t>(now());
    if constexpr (words == 3) {
        place[2] = head;
    }
    yardstick.position = place + words;
    asm volatile("" ::: "memory");
}

#define BODY __attribute__((noinline)) void

BODY limit_of_span() {
    store<2>(1);
    store<2>(2);
}
BODY limit_of_metric() { store<3>(1); }
BODY span() {
    MICROMEGAS_SPAN_SCOPE("bench", "span");
    asm volatile("" ::: "memory");
}
BODY named_span() {
    MICROMEGAS_SPAN_NAME("bench", "span");
    asm volatile("" ::: "memory");
}
BODY metric() { MICROMEGAS_IMETRIC("bench", Verbosity::Max, "metric", "count", 1); }
BODY log() { MICROMEGAS_LOG("bench", LogLevel::Info, "a message of constant text"); }

struct Subject {
    const char* name;
    void (*body)();
    // The subject that this one is held against.
    int limit;
    double best_ns = 1e9;
};

double measure(void (*body)()) {
    const auto begin = Clock::now();
    for (int turn = 0; turn < burst; ++turn) {
        body();
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / burst;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::uint64_t> memory(256 * 1024);
    yardstick = {memory.data(), memory.data() + memory.size(), memory.data()};
    Config config;
    config.log_period = config.metric_period = config.span_period = std::chrono::hours(1);
    dispatch::start(config, std::make_shared<Nowhere>());
    Subject subjects[] = {
        {"span_limit", limit_of_span, 0}, {"span", span, 0}, {"named_span", named_span, 0},
        {"metric_limit", limit_of_metric, 3}, {"metric", metric, 3}, {"log", log, 3},
    };
    for (int round = 0; round < rounds; ++round) {
        for (Subject& subject : subjects) {
            subject.best_ns = std::min(subject.best_ns, measure(subject.body));
        }
        if (round % 8 == 0) {
            // The bursts in between fit into the thread's buffers.
            dispatch::flush(std::chrono::seconds(10));
        }
    }
    dispatch::shutdown(std::chrono::seconds(10));
    for (const Subject& subject : subjects) {
        std::printf("%s %.2f\n", subject.name, subject.best_ns);
        if (count == 2) {
            const auto folder = std::filesystem::path(arguments[1]) / subject.name;
            std::filesystem::create_directories(folder);
            std::ofstream(folder / "value") << subject.best_ns / subjects[subject.limit].best_ns << "\n";
        }
    }
    std::printf("lost_events %llu\n", static_cast<unsigned long long>(dispatch::lost_events()));
}

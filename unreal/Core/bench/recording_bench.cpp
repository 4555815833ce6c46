// What an event costs the thread that records it, against the least that any recorder can do: read
// the clock and store sixteen bytes into a buffer of the thread.
//
// All subjects take turns, so that what else the machine does meets them alike. Prints for each its
// nanoseconds and the multiple of its limit, both medians over the rounds; a multiple is made within
// a round. With a folder, they are left there in files `NAME/value` and `NAME_ns/value`.
//
// Peers hand what they record to nobody, as we do here: both copy and discard it beside the bench.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "micromegas/micromegas.h"

#if defined(MICROMEGAS_TRACY)
void tracy_zone();
#endif

namespace {

using namespace micromegas;
using Clock = std::chrono::steady_clock;

constexpr int burst = 4'000;
constexpr int warm_up_rounds = 16;
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
    std::size_t limit;
    // Nanoseconds, by round.
    std::vector<double> times;
};

double measure(void (*body)()) {
    const auto begin = Clock::now();
    for (int turn = 0; turn < burst; ++turn) {
        body();
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / burst;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Both are of the same rounds.
std::vector<double> multiples(const std::vector<double>& times, const std::vector<double>& limits) {
    std::vector<double> multiples;
    for (std::size_t round = 0; round < times.size(); ++round) {
        multiples.push_back(times[round] / limits[round]);
    }
    return multiples;
}

void leave(const std::filesystem::path& folder, const std::string& name, double value) {
    std::filesystem::create_directories(folder / name);
    std::ofstream(folder / name / "value") << value << "\n";
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::uint64_t> memory(256 * 1024);
    yardstick = {memory.data(), memory.data() + memory.size(), memory.data()};
    Config config;
    config.log_period = config.metric_period = config.span_period = std::chrono::hours(1);
    dispatch::start(config, std::make_shared<Nowhere>());
    Subject subjects[] = {
        {"span_limit", limit_of_span, 0, {}},
        {"span", span, 0, {}},
        {"named_span", named_span, 0, {}},
#if defined(MICROMEGAS_TRACY)
        {"peer_tracy", tracy_zone, 0, {}},
#endif
        {"metric_limit", limit_of_metric, 0, {}},
        {"metric", metric, 0, {}},
        {"log", log, 0, {}},
    };
    constexpr std::size_t subject_count = sizeof subjects / sizeof subjects[0];
    for (std::size_t index = subject_count - 3; index < subject_count; ++index) {
        subjects[index].limit = subject_count - 3;
    }
    for (int round = 0; round < warm_up_rounds + rounds; ++round) {
        for (Subject& subject : subjects) {
            const double time = measure(subject.body);
            if (round >= warm_up_rounds) {
                subject.times.push_back(time);
            }
        }
        if (round % 8 == 0) {
            // The bursts in between fit into the thread's buffers.
            dispatch::flush(std::chrono::seconds(10));
        }
    }
    dispatch::shutdown(std::chrono::seconds(10));
    for (const Subject& subject : subjects) {
        const double time = median(subject.times);
        const double multiple = median(multiples(subject.times, subjects[subject.limit].times));
        std::printf("%-13s %6.2f ns %5.2f x\n", subject.name, time, multiple);
        if (count == 2) {
            leave(arguments[1], subject.name, multiple);
            leave(arguments[1], std::string(subject.name) + "_ns", time);
        }
    }
    std::printf("lost_events %llu\n", static_cast<unsigned long long>(dispatch::lost_events()));
}

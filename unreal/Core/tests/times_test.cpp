// The times of events in SQL are those at which they were recorded: each lies between the two
// readings of the clock around it.

#include <cstdlib>
#include <thread>

#include "check.h"
#include "expect.h"
#include "micromegas/curl_sink.h"
#include "micromegas/micromegas.h"

namespace {

using namespace micromegas;

constexpr std::chrono::seconds patience{20};
// Whoever converts ticks rounds to a nanosecond.
constexpr std::int64_t rounding_ns = 1;
// What the clock of the system and the counter of the processor may drift apart in a second.
constexpr std::int64_t drift_ns = 5'000'000;

std::vector<std::int64_t> marks;

void mark() { marks.push_back(now()); }

void record_between_marks() {
    marks.clear();
    mark();
    MICROMEGAS_LOG("times", LogLevel::Info, "entry");
    mark();
    MICROMEGAS_IMETRIC("times", Verbosity::Max, "integer", "count", 1);
    mark();
    MICROMEGAS_FMETRIC("times", Verbosity::Max, "float", "ms", 0.5);
    mark();
    {
        MICROMEGAS_SPAN_SCOPE("times", "outer");
        mark();
        {
            MICROMEGAS_SPAN_NAME("times", "inner");
            mark();
        }
        mark();
    }
    mark();
    std::uint64_t bits = 0;
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("server", true);
        mark();
        {
            MICROMEGAS_NET_OBJECT_SCOPE("Actor", bits);
            mark();
            bits += 3;
        }
        mark();
    }
    mark();
    dispatch::send_image(text_of("picture"), text_of("image/png"), "\x89PNG", 4);
    mark();
}

// A question for one row with a time `t` and perhaps a second one, `u`, in nanoseconds.
struct Timed {
    const char* sql;
    // The number of the mark before each.
    std::size_t before[2];
    std::size_t count;
};

constexpr Timed questions[] = {
    {"SELECT CAST(time AS BIGINT) AS t FROM log_entries WHERE process_id = $P AND msg = 'entry'", {0, 0}, 1},
    {"SELECT CAST(time AS BIGINT) AS t FROM measures WHERE process_id = $P AND name = 'integer'", {1, 0}, 1},
    {"SELECT CAST(time AS BIGINT) AS t FROM measures WHERE process_id = $P AND name = 'float'", {2, 0}, 1},
    {"SELECT CAST(begin AS BIGINT) AS t, CAST(\"end\" AS BIGINT) AS u FROM thread_spans($P) WHERE name = 'outer'", {3, 6}, 2},
    {"SELECT CAST(begin AS BIGINT) AS t, CAST(begin AS BIGINT) + duration AS u FROM thread_spans($P) WHERE name = 'inner'", {4, 5}, 2},
    {"SELECT CAST(begin_time AS BIGINT) AS t, CAST(end_time AS BIGINT) AS u FROM view_instance('net_spans', $P) "
     "WHERE kind = 'connection'", {7, 10}, 2},
    {"SELECT CAST(begin_time AS BIGINT) AS t, CAST(end_time AS BIGINT) AS u FROM view_instance('net_spans', $P) "
     "WHERE kind = 'object'", {8, 9}, 2},
    {"SELECT CAST(time AS BIGINT) AS t FROM images WHERE process_id = $P", {11, 0}, 1},
};

std::int64_t value_of(const std::string& row, const std::string& column) {
    const std::size_t place = row.find("\"" + column + "\":");
    return place == std::string::npos ? 0 : std::atoll(row.c_str() + place + column.size() + 3);
}

void check_between(std::int64_t time, std::int64_t least, std::int64_t greatest, const char* of) {
    if (time < least || time > greatest) {
        check::fail(__FILE__, __LINE__, std::string(of) + ": " + std::to_string(time) + " is not between " +
                                            std::to_string(least) + " and " + std::to_string(greatest));
    }
}

std::int64_t wall_clock() {
    const auto time = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

}  // namespace

TEST(events_are_found_at_the_times_of_their_recording) {
    const test::Server server;
    REQUIRE(server.is_up());
    net::verbosity = 4;
    DeliveryOptions options;
    options.url = server.url();
    REQUIRE(dispatch::start(Config(), curl_sink(options)));
    const ProcessInfo process = *dispatch::process();
    // Far enough from the start for a wrong frequency to show.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const std::int64_t wall_before = wall_clock();
    std::thread(record_between_marks).join();
    const std::int64_t wall_after = wall_clock();
    dispatch::shutdown(patience);
    const auto nanoseconds = [&](std::int64_t ticks) {
        const auto elapsed = static_cast<double>(ticks - process.start_ticks) * 1e9;
        return process.start_time + static_cast<std::int64_t>(elapsed / static_cast<double>(process.tsc_frequency));
    };
    for (const Timed& question : questions) {
        const auto rows = server.rows(test::about(process.process_id, question.sql));
        CHECK_EQUAL(rows.size(), 1u);
        for (std::size_t index = 0; index < question.count && rows.size() == 1; ++index) {
            const std::int64_t time = value_of(rows[0], index == 0 ? "t" : "u");
            const std::size_t before = question.before[index];
            check_between(time, nanoseconds(marks[before]) - rounding_ns, nanoseconds(marks[before + 1]) + rounding_ns,
                          question.sql);
            check_between(time, wall_before - drift_ns, wall_after + drift_ns, question.sql);
        }
    }
}

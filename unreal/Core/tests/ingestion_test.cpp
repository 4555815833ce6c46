// What a program records arrives in the service and reads in SQL as it was meant.

#include <algorithm>
#include <chrono>
#include <thread>

#include "check.h"
#include "micromegas/curl_sink.h"
#include "micromegas/micromegas.h"
#include "server.h"

namespace {

using namespace micromegas;

constexpr std::chrono::seconds patience{20};

std::shared_ptr<DeliverySink> sink_to(const std::string& url) {
    DeliveryOptions options;
    options.url = url;
    options.backoff_greatest = std::chrono::milliseconds(200);
    return curl_sink(options);
}

std::string process_id() { return dispatch::process()->process_id; }

void work(int depth) {
    MICROMEGAS_SPAN_FUNCTION("work");
    if (depth > 0) {
        MICROMEGAS_SPAN_SCOPE("work", "deeper");
        work(depth - 1);
    }
}

void record_everything() {
    default_context::set("map", "Arène 😀");
    MICROMEGAS_LOG("game", LogLevel::Info, "plain");
    MICROMEGAS_LOG("game", LogLevel::Warn, u"wide 😀 é");
    const auto properties = PropertySetRef::find_or_create({{"weapon", "bow"}});
    MICROMEGAS_LOG_PROPERTIES("game", LogLevel::Error, properties, std::string("with properties"));
    MICROMEGAS_LOG("game", LogLevel::Trace, "not recorded");
    default_context::clear();
    log_from(LogLevel::Info, "LogTemp", text_of("captured"));
    MICROMEGAS_IMETRIC("game", Verbosity::Med, "ammo", "count", 7);
    MICROMEGAS_FMETRIC("game", Verbosity::Min, u"frame_time", u"ms", 16.625);
    MICROMEGAS_SPAN_NAME("game", "named at run time");
    work(2);
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("server", true);
        std::uint64_t bits = 0;
        {
            MICROMEGAS_NET_OBJECT_SCOPE("Actor", bits);
            bits += 12;
            MICROMEGAS_NET_PROPERTY("Health", 8);
        }
        MICROMEGAS_NET_OBJECT_SCOPE("Silent", bits);
    }
    dispatch::send_image(text_of("screenshot"), text_of("image/png"), "\x89PNG", 4);
}

struct Expectation {
    const char* sql;
    std::vector<std::string> rows;
};

void expect(const test::Server& server, const std::string& process, const Expectation& expected) {
    std::string sql = expected.sql;
    for (std::size_t place; (place = sql.find("$P")) != std::string::npos;) {
        sql.replace(place, 2, "'" + process + "'");
    }
    const auto rows = server.rows(sql, expected.rows.size());
    CHECK_EQUAL(rows.size(), expected.rows.size());
    for (std::size_t row = 0; row < std::min(rows.size(), expected.rows.size()); ++row) {
        CHECK_EQUAL(rows[row], expected.rows[row]);
    }
}


}  // namespace

TEST(everything_recorded_is_found_in_sql) {
    const test::Server server;
    REQUIRE(server.is_up());
    net::verbosity = 4;
    Config config;
    config.process_properties = {{"version", "1.2"}};
    const auto sink = sink_to(server.url() + "/");
    REQUIRE(dispatch::start(config, sink));
    const std::string process = process_id();
    record_everything();
    std::thread other([] {
        for (int round = 0; round < 10'000; ++round) {
            MICROMEGAS_SPAN_SCOPE("other", "round");
            MICROMEGAS_IMETRIC("other", Verbosity::Max, "round", "count", round);
        }
    });
    other.join();
    CHECK(dispatch::flush(patience));
    CHECK(sink->stats().is_planar);
    // Now that the server has answered, blocks are planar.
    MICROMEGAS_LOG("game", LogLevel::Info, "later");
    work(0);
    dispatch::shutdown(patience);
    CHECK_EQUAL(dispatch::lost_events(), 0u);

    const Expectation expectations[] = {
        {"SELECT level, target, msg FROM log_entries WHERE process_id = $P ORDER BY time",
         {
             R"({"level":4,"target":"game","msg":"plain"})",
             R"({"level":3,"target":"game","msg":"wide 😀 é"})",
             R"({"level":2,"target":"game","msg":"with properties"})",
             R"({"level":4,"target":"LogTemp","msg":"captured"})",
             R"({"level":4,"target":"game","msg":"later"})",
         }},
        {"SELECT property_get(properties, 'map') AS map, property_get(properties, 'weapon') AS weapon "
         "FROM log_entries WHERE process_id = $P AND msg = 'with properties'",
         {R"({"map":"Arène 😀","weapon":"bow"})"}},
        {"SELECT name, unit, value FROM measures WHERE process_id = $P AND target = 'game' ORDER BY time",
         {R"({"name":"ammo","unit":"count","value":7.0})", R"({"name":"frame_time","unit":"ms","value":16.625})"}},
        {"SELECT count(*) AS n, sum(value) AS sum, sum(CASE WHEN property_get(properties, 'map') IS NULL THEN 0 "
         "ELSE 1 END) AS tagged FROM measures WHERE process_id = $P AND name = 'round'",
         {R"({"n":10000,"sum":49995000.0,"tagged":0})"}},
        {"SELECT property_get(properties, 'version') AS version, parent_process_id IS NULL OR "
         "parent_process_id = '' AS is_root FROM processes WHERE process_id = $P",
         {R"({"version":"1.2","is_root":true})"}},
        {"SELECT tags, count(*) AS streams FROM streams WHERE process_id = $P GROUP BY tags ORDER BY tags",
         {
             R"({"tags":["cpu"],"streams":2})",
             R"({"tags":["image"],"streams":1})",
             R"({"tags":["log"],"streams":1})",
             R"({"tags":["metrics"],"streams":1})",
             R"({"tags":["net"],"streams":1})",
         }},
    };
    for (const Expectation& expected : expectations) {
        expect(server, process, expected);
    }
    const auto streams = server.rows("SELECT stream_id FROM blocks WHERE process_id = '" + process +
                                     "' AND array_has(\"streams.tags\", 'cpu') AND nb_objects < 100 LIMIT 1");
    REQUIRE(streams.size() == 1);
    const std::string stream = streams[0].substr(14, 36);
    const std::string sql = "SELECT depth, name, target, regexp_replace(filename, '.*/', '') AS file, line > 0 AS "
                            "has_line FROM view_instance('thread_spans', '" + stream +
                            "') WHERE depth > 0 ORDER BY begin, depth";
    const auto span = [](int depth, const char* name, const char* target) {
        return "{\"depth\":" + std::to_string(depth) + ",\"name\":\"" + name + "\",\"target\":\"" + target +
               "\",\"file\":\"ingestion_test.cpp\",\"has_line\":true}";
    };
    expect(server, process,
           {sql.c_str(),
            {
                span(1, "named at run time", "game"), span(2, "work", "work"), span(3, "deeper", "work"),
                span(4, "work", "work"), span(5, "deeper", "work"), span(6, "work", "work"), span(1, "work", "work"),
            }});
}

TEST(a_server_that_comes_up_late_gets_everything) {
    test::Server server;
    REQUIRE(server.is_up());
    server.kill();
    const auto sink = sink_to(server.url() + "/ingestion/");
    REQUIRE(dispatch::start(Config(), sink));
    const std::string process = process_id();
    MICROMEGAS_LOG("game", LogLevel::Info, "before");
    CHECK(!dispatch::flush(std::chrono::milliseconds(300)));
    CHECK(sink->stats().retried > 0);
    server.restart();
    REQUIRE(server.is_up());
    CHECK(dispatch::flush(patience));
    server.restart();
    REQUIRE(server.is_up());
    MICROMEGAS_LOG("game", LogLevel::Info, "after a restart");
    dispatch::shutdown(patience);
    CHECK_EQUAL(sink->stats().dropped[1], 0u);
    expect(server, process,
           {"SELECT msg FROM log_entries WHERE process_id = $P ORDER BY time",
            {R"({"msg":"before"})", R"({"msg":"after a restart"})"}});
}

int main(int count, char** arguments) {
    if (!test::has_server()) {
        std::fprintf(stderr, "MICROMEGAS_SERVER must name the binary of the service\n");
        return 1;
    }
    return check::run_all(count > 1 ? arguments[1] : "");
}

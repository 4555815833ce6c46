// What a program records arrives in the service and reads in SQL as it was meant.

#include <chrono>
#include <thread>

#include "check.h"
#include "expect.h"
#include "micromegas/curl_sink.h"
#include "micromegas/micromegas.h"

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

// The lines of the macros in `work` and `name_at_run_time`.
constexpr unsigned function_line = __LINE__ + 4;
constexpr unsigned deeper_line = function_line + 2;

void work(int depth) {
    MICROMEGAS_SPAN_FUNCTION("work");
    if (depth > 0) {
        MICROMEGAS_SPAN_SCOPE("work", "deeper");
        work(depth - 1);
    }
}

constexpr unsigned named_line = __LINE__ + 3;

void name_at_run_time() {
    MICROMEGAS_SPAN_NAME("game", u"named 😀 at run time");
    MICROMEGAS_SPAN_NAME_CONDITIONAL("game", false, "left out");
    work(2);
}

// A packet in both directions, each with its sizes in bits.
void exchange() {
    std::uint64_t bits = 0;
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("server", true);
        {
            MICROMEGAS_NET_OBJECT_SCOPE("Actor", bits);
            MICROMEGAS_NET_PROPERTY("Health", 8);
            bits += 8;
            {
                MICROMEGAS_NET_PROPERTY_SCOPE(u"Épée 😀", bits);
                bits += 20;
            }
            {
                MICROMEGAS_NET_OBJECT_SCOPE("Component", bits);
                MICROMEGAS_NET_RPC_SCOPE("Jump", bits);
                bits += 5;
            }
            bits += 7;
        }
        {
            MICROMEGAS_NET_OBJECT_SCOPE("Silent", bits);
        }
        {
            MICROMEGAS_NET_SUSPEND_SCOPE();
            MICROMEGAS_NET_OBJECT_EVENT("Suspended", 99);
        }
        MICROMEGAS_NET_OBJECT_EVENT("Whole", 9);
        std::uint64_t size = 0;
        MICROMEGAS_NET_OBJECT_SIZE_SCOPE("Sized", size);
        size = 31;
    }
    MICROMEGAS_NET_CONNECTION_SCOPE("client", false);
    MICROMEGAS_NET_OBJECT_EVENT("Reply", 4);
}

void record_everything() {
    default_context::set("map", "Arène 😀");
    default_context::set("weapon", "none");
    MICROMEGAS_LOG("game", LogLevel::Info, "plain");
    MICROMEGAS_LOG("game", LogLevel::Warn, u"wide 😀 é");
    const auto properties = PropertySetRef::find_or_create({{"weapon", "bow"}});
    MICROMEGAS_LOG_PROPERTIES("game", LogLevel::Error, properties, std::string("with properties"));
    MICROMEGAS_LOG("game", LogLevel::Trace, "not recorded");
    MICROMEGAS_IMETRIC("game", Verbosity::Med, "score 😀", "count", UINT64_MAX);
    default_context::clear();
    log_from(LogLevel::Info, "LogTemp", text_of("captured"));
    MICROMEGAS_IMETRIC("game", Verbosity::Med, "ammo", "count", 7);
    MICROMEGAS_FMETRIC("game", Verbosity::Min, u"frame_time", u"ms", 16.625);
    name_at_run_time();
    exchange();
    dispatch::send_image(text_of(u"Arène 😀"), text_of("image/png"), "\x89PNG\0\xff", 6);
    const std::string large(300'000, 'x');
    dispatch::send_image(text_of("large"), text_of("text/plain"), large.data(), large.size());
}

std::string span(int depth, const std::string& name, const char* target, unsigned line, const std::string& parent) {
    return "{\"depth\":" + std::to_string(depth) + ",\"name\":\"" + name + "\",\"target\":\"" + target +
           "\",\"filename\":\"unreal/Core/tests/ingestion_test.cpp\",\"line\":" + std::to_string(line) +
           ",\"parent\":\"" + parent + "\"}";
}

std::string net_span(int depth, const char* kind, const char* name, const char* connection, int begin, int size,
                const char* parent) {
    return "{\"depth\":" + std::to_string(depth) + ",\"kind\":\"" + kind + "\",\"name\":\"" + name +
           "\",\"connection\":\"" + connection + "\",\"begin_bits\":" + std::to_string(begin) +
           ",\"end_bits\":" + std::to_string(begin + size) + ",\"bit_size\":" + std::to_string(size) +
           ",\"parent\":\"" + parent + "\"}";
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

    const test::Expectation expectations[] = {
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
        {"SELECT property_get(properties, 'map') AS map, property_get(properties, 'weapon') AS weapon "
         "FROM log_entries WHERE process_id = $P AND msg IN ('plain', 'captured') ORDER BY time",
         {R"({"map":"Arène 😀","weapon":"none"})", "{}"}},
        {"SELECT name, unit, value, integer_value, property_get(properties, 'map') AS map FROM measures "
         "WHERE process_id = $P AND target = 'game' ORDER BY time",
         {
             R"({"name":"score 😀","unit":"count","value":1.8446744073709552e19,"integer_value":18446744073709551615,"map":"Arène 😀"})",
             R"({"name":"ammo","unit":"count","value":7.0,"integer_value":7})",
             R"({"name":"frame_time","unit":"ms","value":16.625})",
         }},
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
    for (const test::Expectation& expected : expectations) {
        test::expect(server, process, expected);
    }
    test::expect(server, process,
                 {"SELECT s.depth, s.name, s.target, s.filename, s.line, p.name AS parent FROM thread_spans($P) s "
                  "JOIN thread_spans($P) p ON p.stream_id = s.stream_id AND p.id = s.parent AND p.depth + 1 = s.depth "
                  "WHERE s.depth > 1 ORDER BY s.begin, s.depth",
                  {
                      span(2, "work", "work", function_line, "named 😀 at run time"),
                      span(3, "deeper", "work", deeper_line, "work"),
                      span(4, "work", "work", function_line, "deeper"),
                      span(5, "deeper", "work", deeper_line, "work"),
                      span(6, "work", "work", function_line, "deeper"),
                  }});
    test::expect(server, process,
                 {"SELECT depth, name, target, filename, line, split_part(thread_name, '-', 1) AS parent "
                  "FROM thread_spans($P) WHERE depth = 1 AND name <> 'round' ORDER BY begin",
                  {
                      span(1, "named 😀 at run time", "game", named_line, "ingestion_test"),
                      span(1, "work", "work", function_line, "ingestion_test"),
                  }});
    // Of the other thread: one after the other, in the order of their ids, all directly in the thread.
    test::expect(server, process,
                 {"SELECT count(*) AS spans, sum(CASE WHEN begin < previous OR duration < 0 THEN 1 ELSE 0 END) AS "
                  "misplaced, min(depth) AS least, max(depth) AS greatest, count(DISTINCT parent) AS parents, "
                  "count(DISTINCT id) AS ids FROM (SELECT *, lag(\"end\") OVER (ORDER BY id) AS previous "
                  "FROM thread_spans($P) WHERE name = 'round')",
                  {R"({"spans":10000,"misplaced":0,"least":1,"greatest":1,"parents":1,"ids":10000})"}});
    test::expect(server, process,
                 {"SELECT s.depth, s.kind, s.name, s.connection_name AS connection, s.begin_bits, s.end_bits, "
                  "s.bit_size, coalesce(p.name, '') AS parent FROM view_instance('net_spans', $P) s "
                  "LEFT JOIN view_instance('net_spans', $P) p ON p.span_id = s.parent_span_id "
                  "AND p.stream_id = s.stream_id ORDER BY s.span_id",
                  {
                      net_span(0, "connection", "server", "server", 0, 80, ""),
                      net_span(1, "object", "Actor", "server", 0, 40, "server"),
                      net_span(2, "property", "Health", "server", 0, 8, "Actor"),
                      net_span(2, "property", "Épée 😀", "server", 8, 20, "Actor"),
                      net_span(2, "object", "Component", "server", 28, 5, "Actor"),
                      net_span(3, "rpc", "Jump", "server", 28, 5, "Component"),
                      net_span(1, "object", "Whole", "server", 40, 9, "server"),
                      net_span(1, "object", "Sized", "server", 49, 31, "server"),
                      net_span(0, "connection", "client", "client", 0, 4, ""),
                      net_span(1, "object", "Reply", "client", 0, 4, "client"),
                  }});
    test::expect(server, process,
                 {"SELECT name, is_outgoing, end_time >= begin_time AS is_forward FROM view_instance('net_spans', $P) "
                  "WHERE kind = 'connection' ORDER BY span_id",
                  {
                      R"({"name":"server","is_outgoing":true,"is_forward":true})",
                      R"({"name":"client","is_outgoing":false,"is_forward":true})",
                  }});
    test::expect(server, process,
                 {"SELECT name, format, payload_size, length(encode(data, 'hex')) / 2 AS bytes, left(encode(data, 'hex'), 12) AS first, "
                  "replace(encode(data, 'hex'), '78', '') = '' AS is_large FROM images WHERE process_id = $P ORDER BY time",
                  {
                      R"({"name":"Arène 😀","format":"image/png","payload_size":6,"bytes":6,"first":"89504e4700ff","is_large":false})",
                      R"({"name":"large","format":"text/plain","payload_size":300000,"bytes":300000,"first":"787878787878","is_large":true})",
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
    test::expect(server, process,
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

// What a program in C records is found in SQL.

#include "check.h"
#include "expect.h"

extern "C" int record_in_c(const char* url);

TEST(a_program_in_c_records_everything) {
    const test::Server server;
    REQUIRE(server.is_up());
    CHECK_EQUAL(record_in_c(server.url().c_str()), 0);
    const auto processes = server.rows("SELECT process_id FROM processes");
    REQUIRE(processes.size() == 1);
    // {"process_id":"..."}
    const std::string process = processes[0].substr(15, 36);
    const test::Expectation expectations[] = {
        {"SELECT level, target, msg, property_get(properties, 'map') AS map, property_get(properties, 'weapon') AS weapon, "
         "property_get(process_properties, 'language') AS language FROM log_entries ORDER BY time",
         {
             R"({"level":4,"target":"capi","msg":"from C","map":"harbour","language":"C"})",
             R"({"level":2,"target":"game","msg":"with properties","weapon":"bow é","language":"C"})",
         }},
        {"SELECT target, name, unit, value, integer_value FROM measures ORDER BY time",
         {
             R"({"target":"capi","name":"ammo","unit":"count","value":7.0,"integer_value":7})",
             R"({"target":"game","name":"frame","unit":"ms","value":16.625})",
         }},
        {"SELECT depth, name, target, filename, line FROM thread_spans($P) WHERE depth > 0 ORDER BY begin, depth",
         {
             R"({"depth":1,"name":"outer","target":"game","filename":"game.c","line":12})",
             R"({"depth":2,"name":"inner","target":"game","filename":"game.c","line":13})",
         }},
        {"SELECT name, format, encode(data, 'hex') AS data FROM images",
         {R"({"name":"picture","format":"image/png","data":"89504e47"})"}},
    };
    for (const test::Expectation& expected : expectations) {
        test::expect(server, process, expected);
    }
}

// Questions to the service about one process, and the rows that have to answer them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"
#include "server.h"

namespace test {

struct Expectation {
    // `$P` stands for the process.
    std::string sql;
    std::vector<std::string> rows;
};

inline std::string about(const std::string& process, std::string sql) {
    for (std::size_t place; (place = sql.find("$P")) != std::string::npos;) {
        sql.replace(place, 2, "'" + process + "'");
    }
    return sql;
}

inline void expect(const Server& server, const std::string& process, const Expectation& expected) {
    const auto rows = server.rows(about(process, expected.sql), expected.rows.size());
    CHECK_EQUAL(rows.size(), expected.rows.size());
    for (std::size_t row = 0; row < std::min(rows.size(), expected.rows.size()); ++row) {
        CHECK_EQUAL(rows[row], expected.rows[row]);
    }
}

}  // namespace test

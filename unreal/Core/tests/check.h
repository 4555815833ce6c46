// The smallest test harness that does: tests register themselves, checks tell where they failed.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace check {

struct Test {
    const char* name;
    void (*run)();
};

inline std::vector<Test>& tests() {
    static std::vector<Test> tests;
    return tests;
}

inline int failures = 0;

struct Registration {
    Registration(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

template <class Value>
std::string shown(const Value& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

inline void fail(const char* file, int line, const std::string& what) {
    ++failures;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

// Runs the tests whose names contain `filter`.
inline int run_all(const char* filter) {
    for (const Test& test : tests()) {
        if (std::string(test.name).find(filter) != std::string::npos) {
            std::fprintf(stderr, "test %s\n", test.name);
            test.run();
        }
    }
    std::fprintf(stderr, "%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                                  \
    static void name();                                             \
    static const check::Registration name##_registration(#name, name); \
    static void name()

#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition)) {                                         \
            check::fail(__FILE__, __LINE__, "not so: " #condition); \
        }                                                           \
    } while (false)

#define CHECK_EQUAL(found, expected)                                                        \
    do {                                                                                    \
        const auto& found_ = (found);                                                       \
        const auto& expected_ = (expected);                                                 \
        if (!(found_ == expected_)) {                                                       \
            check::fail(__FILE__, __LINE__, std::string(#found " is ") + check::shown(found_) + \
                                                ", not " + check::shown(expected_));        \
        }                                                                                   \
    } while (false)

#define REQUIRE(condition)                                          \
    do {                                                            \
        if (!(condition)) {                                         \
            check::fail(__FILE__, __LINE__, "not so: " #condition); \
            return;                                                 \
        }                                                           \
    } while (false)

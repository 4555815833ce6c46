// A thread crashes: what all threads recorded arrives, and the process ends as it would have.

#include <atomic>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "micromegas/curl_sink.h"
#include "micromegas/micromegas.h"
#include "server.h"

namespace {

using namespace micromegas;

void crash(const std::string& url) {
    DeliveryOptions options;
    options.url = url;
    Config config;
    config.log_period = config.metric_period = config.span_period = std::chrono::hours(1);
    dispatch::start(config, curl_sink(options));
    dispatch::install_crash_handler();
    // Another thread, which recorded something and does nothing now.
    std::atomic<bool> has_recorded{false};
    std::thread idle([&] {
        MICROMEGAS_SPAN_SCOPE("idle", "open still");
        MICROMEGAS_LOG("idle", LogLevel::Info, "waits");
        has_recorded = true;
        pause();
    });
    while (!has_recorded) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::thread([] {
        MICROMEGAS_SPAN_SCOPE("crashing", "never ended");
        MICROMEGAS_LOG("crashing", LogLevel::Info, "about to crash");
        raise(SIGSEGV);
    }).join();
}

}  // namespace

TEST(a_crash_inside_a_thread_sends_all) {
    const test::Server server;
    REQUIRE(server.is_up());
    const pid_t child = fork();
    if (child == 0) {
        crash(server.url());
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    const auto rows = server.rows("SELECT level, msg FROM log_entries ORDER BY time", 3);
    REQUIRE(rows.size() == 3);
    CHECK_EQUAL(rows[0], R"({"level":4,"msg":"waits"})");
    CHECK_EQUAL(rows[1], R"({"level":4,"msg":"about to crash"})");
    CHECK_EQUAL(rows[2], R"row({"level":1,"msg":"crash: invalid memory access (SIGSEGV)"})row");
    const auto blocks = server.rows("SELECT nb_objects FROM blocks WHERE array_has(\"streams.tags\", 'cpu')", 2);
    REQUIRE(blocks.size() == 2);
    CHECK_EQUAL(blocks[0], R"({"nb_objects":1})");
    CHECK_EQUAL(blocks[1], R"({"nb_objects":1})");
}

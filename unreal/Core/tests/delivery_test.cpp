// Delivery: a server that is down, slow, in trouble, or refuses; priorities, budgets, negotiation.

#include <mutex>

#include "check.h"
#include "layouts.h"
#include "micromegas/delivery.h"
#include "micromegas/wire.h"

namespace {

using namespace micromegas;
using std::chrono::milliseconds;

// Answers as it is told, and remembers what it was sent.
class Script final : public HttpTransport {
public:
    HttpResponse post(const HttpRequest& request) override {
        const std::lock_guard<std::mutex> lock(mutex);
        requests.push_back(request);
        if (answers.empty()) {
            return HttpResponse{200, accept, -1};
        }
        const HttpResponse answer = answers.front();
        answers.erase(answers.begin());
        return answer;
    }
    bool is_ready() override { return ready; }

    std::vector<HttpRequest> sent() {
        const std::lock_guard<std::mutex> lock(mutex);
        return requests;
    }

    std::mutex mutex;
    std::atomic<bool> ready{true};
    std::string accept;
    std::vector<HttpResponse> answers;
    std::vector<HttpRequest> requests;
};

std::shared_ptr<const StreamInfo> stream(const char* tag) {
    const StreamLayout& layout = std::string(tag) == "cpu" ? layouts::thread() : layouts::log();
    return std::make_shared<StreamInfo>(StreamInfo{"process", tag, tag, &layout, {}});
}

EventBlock block(std::size_t bytes = 170) {
    EventBlock block;
    block.event_count = static_cast<std::int32_t>(bytes / 17);
    block.objects.assign(bytes / 17 * 17, 0);
    return block;
}

DeliveryOptions options() {
    DeliveryOptions options;
    options.url = "http://host";
    options.in_flight_max = 1;
    options.backoff_least = milliseconds(1);
    options.backoff_greatest = milliseconds(4);
    return options;
}

bool contains(const Bytes& body, const std::string& text) {
    return std::string(body.begin(), body.end()).find(text) != std::string::npos;
}

Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

}  // namespace

TEST(addresses_are_joined_whatever_the_slash) {
    for (const char* url : {"http://h:1", "http://h:1/", "http://h:1/ingestion", "http://h:1/ingestion//"}) {
        CHECK_EQUAL(endpoint(url, "insert_block"), "http://h:1/ingestion/insert_block");
    }
    CHECK_EQUAL(endpoint("https://h/a/b/", "insert_stream"), "https://h/a/b/ingestion/insert_stream");
}

TEST(troubles_are_survived_and_refusals_counted) {
    const auto script = std::make_shared<Script>();
    script->answers = {{0, "", -1}, {503, "", 0}, {200, "", -1}, {500, "", -1}, {429, "", -1}, {200, "", -1}, {400, "", -1}};
    DeliveryOptions told = options();
    std::vector<HttpAttempt> attempts;
    // One request at a time, so nobody else is here.
    told.on_attempt = [&](const HttpAttempt& attempt) { attempts.push_back(attempt); };
    DeliverySink sink(told, script);
    const auto log = stream("log");
    sink.on_process(ProcessInfo());
    sink.on_stream(log);
    sink.on_block(log, block());
    CHECK(sink.wait_for_delivery(soon()));
    REQUIRE(attempts.size() == 7);
    const int statuses[] = {0, 503, 200, 500, 429, 200, 400};
    for (std::size_t index = 0; index < attempts.size(); ++index) {
        const int status = statuses[index];
        CHECK_EQUAL(attempts[index].status, status);
        CHECK_EQUAL(attempts[index].is_retried, status == 0 || status == 429 || status >= 500);
        CHECK(attempts[index].elapsed_ticks >= 0);
    }
    const DeliveryStats stats = sink.stats();
    CHECK_EQUAL(stats.retried, 4u);
    CHECK_EQUAL(stats.sent, 2u);
    CHECK_EQUAL(stats.dropped[1], 1u);
    CHECK_EQUAL(stats.queued_bytes, 0u);
}

TEST(the_server_says_when_to_come_back) {
    const auto script = std::make_shared<Script>();
    script->answers = {{503, "", 1}};
    DeliverySink sink(options(), script);
    const auto begin = std::chrono::steady_clock::now();
    sink.on_process(ProcessInfo());
    CHECK(sink.wait_for_delivery(soon()));
    CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(990));
}

TEST(fewer_requests_at_a_time_still_take_everything) {
    const auto script = std::make_shared<Script>();
    DeliveryOptions many = options();
    many.in_flight_max = 8;
    DeliverySink sink(many, script);
    const DeliveryOptions defaults;
    sink.set_limits(defaults.queue_bytes_max, defaults.hard_queue_bytes_max, 1);
    const auto log = stream("log");
    sink.on_stream(log);
    for (int number = 0; number < 20; ++number) {
        sink.on_block(log, block());
        // All threads that send are asleep when the next one comes.
        REQUIRE(sink.wait_for_delivery(soon()));
        std::this_thread::sleep_for(milliseconds(2));
    }
    CHECK_EQUAL(sink.stats().sent, 21u);
}

TEST(what_gives_way_is_the_least_important_and_oldest) {
    const auto script = std::make_shared<Script>();
    script->ready = false;
    DeliveryOptions limited = options();
    limited.queue_bytes_max = 50'000;
    limited.hard_queue_bytes_max = 60'000;
    DeliverySink sink(limited, script);
    const auto log = stream("log");
    const auto cpu = stream("cpu");
    sink.on_stream(log);
    sink.on_stream(cpu);
    for (int number = 0; number < 10; ++number) {
        sink.on_block(cpu, block(10'000));
    }
    CHECK(sink.stats().dropped[3] >= 5);
    for (int number = 0; number < 7; ++number) {
        sink.on_block(log, block(10'000));
    }
    CHECK_EQUAL(sink.stats().dropped[3], 10u);
    CHECK_EQUAL(sink.stats().dropped[1], 1u);
    CHECK_EQUAL(sink.stats().dropped[0], 0u);
    script->ready = true;
    CHECK(sink.wait_for_delivery(soon()));
    const auto sent = script->sent();
    CHECK(contains(sent[0].body, "dependencies_metadata"));
    CHECK_EQUAL(sent.size(), 8u);
}

TEST(planar_blocks_go_only_to_servers_that_announce_them) {
    const auto script = std::make_shared<Script>();
    script->answers = {{200, "", -1}, {200, "planar/1; lz4, zstd", -1}, {200, "planar/1; lz4", -1}};
    DeliverySink sink(options(), script);
    const auto cpu = stream("cpu");
    sink.on_stream(cpu);
    for (int number = 0; number < 4; ++number) {
        sink.on_block(cpu, block());
        CHECK(sink.wait_for_delivery(soon()));
    }
    const auto sent = script->sent();
    REQUIRE(sent.size() == 5);
    const bool expected[] = {false, false, true, true, false};
    for (std::size_t index = 1; index < sent.size(); ++index) {
        CHECK_EQUAL(contains(sent[index].body, "mmpl"), expected[index]);
    }
}

TEST(what_is_left_out_is_told_by_the_next_block) {
    const auto script = std::make_shared<Script>();
    DeliveryOptions sampled = options();
    int calls = 0;
    sampled.is_kept = [&](const StreamInfo&, const EventBlock&) { return ++calls == 3; };
    DeliverySink sink(sampled, script);
    const auto cpu = stream("cpu");
    sink.on_stream(cpu);
    for (int number = 0; number < 3; ++number) {
        sink.on_block(cpu, block());
    }
    CHECK(sink.wait_for_delivery(soon()));
    const auto sent = script->sent();
    REQUIRE(sent.size() == 2);
    // Twenty events, in one byte of CBOR behind the key.
    CHECK(contains(sent[1].body, std::string("skipped_events") + '\x14'));
}

TEST(a_shutdown_does_not_wait_for_ever) {
    const auto script = std::make_shared<Script>();
    script->ready = false;
    DeliverySink sink(options(), script);
    sink.on_process(ProcessInfo());
    const auto begin = std::chrono::steady_clock::now();
    sink.on_shutdown(begin + milliseconds(50));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

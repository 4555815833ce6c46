// Delivery to a server: what to send next, how often, and what to give up when there is no room.
// How a request reaches the server is the transport's affair.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "micromegas/sink.h"

namespace micromegas {

struct HttpRequest {
    std::string url;
    Bytes body;
    std::chrono::milliseconds timeout{10'000};
};

struct HttpResponse {
    // 0 if there was no answer.
    int status = 0;
    // The header micromegas-accept, and Retry-After in seconds or -1.
    std::string accept;
    int retry_after_s = -1;
};

// One request and what became of it.
struct HttpAttempt {
    // 0 if there was no answer.
    int status = 0;
    // How long it took, in ticks of the clock.
    std::int64_t elapsed_ticks = 0;
    // Whether the same is tried again.
    bool is_retried = false;
};

// Sends requests and waits for their answers. Called by several threads at once.
class HttpTransport {
public:
    virtual ~HttpTransport() = default;
    // Whether requests can be signed by now; until then they wait.
    virtual bool is_ready() { return true; }
    virtual HttpResponse post(const HttpRequest& request) = 0;
    // Ends requests under way, soon.
    virtual void cancel() {}
};

// What gives way to what: the first is never given up.
enum class Priority : std::uint8_t { Metadata, Logs, Metrics, Traces };
inline constexpr std::size_t priority_count = 4;

struct DeliveryOptions {
    // The server with or without a path, with or without a slash at its end.
    std::string url;
    unsigned in_flight_max = 3;
    // Above the first, waiting traces are given up, the oldest first; above the second, metrics too,
    // and then logs.
    std::size_t queue_bytes_max = 128 * 1024 * 1024;
    std::size_t hard_queue_bytes_max = 256 * 1024 * 1024;
    std::chrono::milliseconds backoff_least{100};
    std::chrono::milliseconds backoff_greatest{30'000};
    std::chrono::milliseconds request_timeout{10'000};
    // Whether a block of a stream with this tag is sent; asked when the block is handed over. Blocks
    // that are not sent are told by the next one as skipped events.
    std::function<bool(const StreamInfo&, const EventBlock&)> is_kept;
    // Told of each request, by the threads that send, before anybody learns that it is delivered.
    std::function<void(const HttpAttempt&)> on_attempt;
};

// Counts since the sink began.
struct DeliveryStats {
    std::uint64_t sent = 0;
    std::uint64_t retried = 0;
    // Given up for want of room, or refused by the server for good.
    std::uint64_t dropped[priority_count] = {};
    std::uint64_t queued = 0;
    std::uint64_t queued_bytes = 0;
    std::uint64_t in_flight = 0;
    int last_status = 0;
    bool is_planar = false;
};

// The address of a command, say insert_block.
MICROMEGAS_API std::string endpoint(const std::string& url, const std::string& command);

class MICROMEGAS_API DeliverySink final : public EventSink {
public:
    DeliverySink(const DeliveryOptions& options, std::shared_ptr<HttpTransport> transport);
    ~DeliverySink() override;

    void on_process(const ProcessInfo& process) override;
    void on_stream(const std::shared_ptr<const StreamInfo>& stream) override;
    void on_block(const std::shared_ptr<const StreamInfo>& stream, EventBlock block) override;
    bool wait_for_delivery(Deadline deadline) override;
    void on_shutdown(Deadline deadline) override;

    DeliveryStats stats() const;
    void set_limits(std::size_t queue_bytes_max, std::size_t hard_queue_bytes_max, unsigned in_flight_max);

private:
    struct Item;
    struct KnownStream;
    using Clock = std::chrono::steady_clock;

    void work(unsigned worker);
    std::unique_ptr<Item> next(unsigned worker, std::unique_lock<std::mutex>& lock);
    void settle(std::unique_ptr<Item> item, const HttpResponse& response);
    void push(std::unique_ptr<Item> item);
    void make_room();
    void drop_oldest(Priority priority);

    DeliveryOptions options_;
    const std::shared_ptr<HttpTransport> transport_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<Item>> queues_[priority_count];
    std::vector<std::unique_ptr<KnownStream>> streams_;
    DeliveryStats stats_;
    unsigned failures_ = 0;
    Clock::time_point wait_until_{};
    bool is_stopping_ = false;
    // What is neither delivered nor given up.
    std::atomic<std::uint64_t> pending_{0};
    std::atomic<bool> is_planar_{false};
    std::vector<std::thread> workers_;
};

}  // namespace micromegas

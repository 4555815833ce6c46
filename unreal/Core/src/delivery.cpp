#include "micromegas/delivery.h"

#include <algorithm>
#include <random>
#include <utility>

#include "micromegas/clock.h"
#include "micromegas/wire.h"

namespace micromegas {

struct DeliverySink::Item {
    Priority priority = Priority::Metadata;
    const char* command = "";
    std::shared_ptr<const StreamInfo> stream;
    EventBlock block;
    // The document, as it was packed last; metadata is packed from the start.
    Bytes body;
    bool is_planar = false;
    std::size_t bytes = 0;
    unsigned attempts = 0;
};

struct DeliverySink::KnownStream {
    std::string id;
    bool is_announced = false;
    std::uint64_t skipped_events = 0;
};

namespace {

// How long nobody looks whether the transport has become ready.
constexpr std::chrono::milliseconds readiness_period{50};

Priority priority_of(const StreamInfo& stream) {
    return stream.tag == "log" ? Priority::Logs : stream.tag == "metrics" ? Priority::Metrics : Priority::Traces;
}

bool is_success(int status) { return status >= 200 && status < 300; }

bool is_retried(int status) { return status == 0 || status == 408 || status == 429 || status >= 500; }

// Between half of the doubled time and all of it, so that many clients do not come back together.
std::chrono::milliseconds backoff(const DeliveryOptions& options, unsigned attempts) {
    thread_local std::minstd_rand random{std::random_device{}()};
    auto bound = options.backoff_least.count();
    for (unsigned attempt = 1; attempt < attempts && bound < options.backoff_greatest.count(); ++attempt) {
        bound *= 2;
    }
    bound = std::max<decltype(bound)>(std::min(bound, options.backoff_greatest.count()), 1);
    return std::chrono::milliseconds(bound / 2 + static_cast<decltype(bound)>(random()) % (bound / 2 + 1));
}

bool reads_planar(const std::string& accept) {
    return accept.find("planar/1") != std::string::npos && accept.find("lz4") != std::string::npos;
}

}  // namespace

DeliverySink::DeliverySink(const DeliveryOptions& options, std::shared_ptr<HttpTransport> transport)
    : options_(options), transport_(std::move(transport)) {
    const unsigned workers = std::max(1u, std::min(options_.in_flight_max, 16u));
    for (unsigned worker = 0; worker < workers; ++worker) {
        workers_.emplace_back([this, worker] { work(worker); });
    }
}

DeliverySink::~DeliverySink() { on_shutdown(Clock::now()); }

void DeliverySink::on_process(const ProcessInfo& process) {
    auto item = std::make_unique<Item>();
    item->command = "insert_process";
    item->body = wire::process_document(process);
    push(std::move(item));
}

// A stream is told of when its first block is: one of which nothing is kept never appears.
void DeliverySink::on_stream(const std::shared_ptr<const StreamInfo>& stream) {
    auto known = std::make_unique<KnownStream>();
    known->id = stream->stream_id;
    streams_.push_back(std::move(known));
}

void DeliverySink::on_block(const std::shared_ptr<const StreamInfo>& stream, EventBlock block) {
    const auto is_it = [&](const auto& known) { return known->id == stream->stream_id; };
    const auto known = std::find_if(streams_.begin(), streams_.end(), is_it);
    if (known == streams_.end()) {
        return;
    }
    if (options_.is_kept && !options_.is_kept(*stream, block)) {
        (*known)->skipped_events += block.skipped_events + static_cast<std::uint64_t>(block.event_count);
        return;
    }
    if (!std::exchange((*known)->is_announced, true)) {
        auto item = std::make_unique<Item>();
        item->command = "insert_stream";
        item->body = wire::stream_document(*stream);
        push(std::move(item));
    }
    block.skipped_events += std::exchange((*known)->skipped_events, 0);
    auto item = std::make_unique<Item>();
    item->priority = priority_of(*stream);
    item->command = "insert_block";
    item->stream = stream;
    item->bytes = block.objects.size() + block.dependencies.size();
    item->block = std::move(block);
    push(std::move(item));
}

void DeliverySink::push(std::unique_ptr<Item> item) {
    pending_.fetch_add(1);
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        stats_.queued_bytes += item->bytes;
        ++stats_.queued;
        queues_[static_cast<std::size_t>(item->priority)].push_back(std::move(item));
        make_room();
    }
    // Not just one: it might be one that has to leave the request to others.
    changed_.notify_all();
}

void DeliverySink::make_room() {
    const auto give_up = [&](Priority priority, std::size_t bytes_max) {
        while (stats_.queued_bytes > bytes_max && !queues_[static_cast<std::size_t>(priority)].empty()) {
            drop_oldest(priority);
        }
    };
    give_up(Priority::Traces, options_.queue_bytes_max);
    give_up(Priority::Metrics, options_.hard_queue_bytes_max);
    give_up(Priority::Logs, options_.hard_queue_bytes_max);
}

void DeliverySink::drop_oldest(Priority priority) {
    auto& queue = queues_[static_cast<std::size_t>(priority)];
    stats_.queued_bytes -= queue.front()->bytes;
    --stats_.queued;
    ++stats_.dropped[static_cast<std::size_t>(priority)];
    queue.pop_front();
    pending_.fetch_sub(1);
}

// What is most urgent. Servers take blocks before their streams, so nothing waits for anything but
// the server itself.
std::unique_ptr<DeliverySink::Item> DeliverySink::next(unsigned worker, std::unique_lock<std::mutex>& lock) {
    for (;;) {
        if (is_stopping_) {
            return nullptr;
        }
        const auto now = Clock::now();
        auto wake_up = now + std::chrono::hours(1);
        const bool may_send = worker < options_.in_flight_max && wait_until_ <= now && transport_->is_ready();
        if (may_send) {
            for (auto& queue : queues_) {
                if (!queue.empty()) {
                    auto item = std::move(queue.front());
                    queue.pop_front();
                    --stats_.queued;
                    ++stats_.in_flight;
                    return item;
                }
            }
        } else if (stats_.queued > 0) {
            wake_up = std::max(wait_until_, now + readiness_period);
        }
        changed_.wait_until(lock, wake_up);
    }
}

void DeliverySink::work(unsigned worker) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (auto item = next(worker, lock)) {
        lock.unlock();
        const bool is_planar = is_planar_.load();
        if (item->stream != nullptr && (item->body.empty() || item->is_planar != is_planar)) {
            item->is_planar = is_planar;
            item->body = wire::block_document(*item->stream, item->block,
                                              is_planar ? wire::Packing::Planar : wire::Packing::Plain);
        }
        ++item->attempts;
        const std::int64_t begin = now();
        const HttpResponse response =
            transport_->post({endpoint(options_.url, item->command), item->body, options_.request_timeout});
        if (options_.on_attempt) {
            options_.on_attempt({response.status, now() - begin, is_retried(response.status)});
        }
        lock.lock();
        settle(std::move(item), response);
    }
}

void DeliverySink::settle(std::unique_ptr<Item> item, const HttpResponse& response) {
    --stats_.in_flight;
    stats_.last_status = response.status;
    if (response.status != 0) {
        is_planar_.store(reads_planar(response.accept));
        stats_.is_planar = is_planar_.load();
    }
    if (is_retried(response.status)) {
        ++stats_.retried;
        const auto pause = std::max<std::chrono::milliseconds>(
            backoff(options_, ++failures_), std::chrono::seconds(std::max(response.retry_after_s, 0)));
        // The server is in trouble, not the block: everybody waits.
        wait_until_ = std::max(wait_until_, Clock::now() + pause);
        ++stats_.queued;
        queues_[static_cast<std::size_t>(item->priority)].push_front(std::move(item));
        make_room();
        return;
    }
    failures_ = 0;
    wait_until_ = {};
    stats_.queued_bytes -= item->bytes;
    if (is_success(response.status)) {
        ++stats_.sent;
    } else {
        ++stats_.dropped[static_cast<std::size_t>(item->priority)];
    }
    pending_.fetch_sub(1);
    changed_.notify_all();
}

bool DeliverySink::wait_for_delivery(Deadline deadline) {
    while (pending_.load() > 0) {
        if (Clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

void DeliverySink::on_shutdown(Deadline deadline) {
    wait_for_delivery(deadline);
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        is_stopping_ = true;
    }
    transport_->cancel();
    changed_.notify_all();
    for (std::thread& worker : workers_) {
        worker.join();
    }
    workers_.clear();
}

DeliveryStats DeliverySink::stats() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
}

void DeliverySink::set_limits(std::size_t queue_bytes_max, std::size_t hard_queue_bytes_max,
                              unsigned in_flight_max) {
    const std::lock_guard<std::mutex> lock(mutex_);
    options_.queue_bytes_max = queue_bytes_max;
    options_.hard_queue_bytes_max = hard_queue_bytes_max;
    options_.in_flight_max = std::max(1u, in_flight_max);
    make_room();
    changed_.notify_all();
}

}  // namespace micromegas

#include "micromegas/dispatch.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "flusher.h"
#include "images.h"
#include "pool.h"
#include "process_description.h"
#include "threads.h"
#include "wake.h"

namespace micromegas::dispatch {

namespace {

using std::chrono::milliseconds;

struct Running {
    std::mutex mutex;
    std::shared_ptr<EventSink> sink;
    std::unique_ptr<Flusher> flusher;
    std::optional<ProcessInfo> process;
    // For the handler of a crash, which takes no lock.
    std::atomic<EventSink*> sink_in_crash{nullptr};
    std::atomic<bool> is_running{false};
};

Running& running() {
    static Running& running = *new Running;
    return running;
}

// Forgets what threads recorded while nothing ran.
class Discard final : public EventSink {
    void on_process(const ProcessInfo&) override {}
    void on_stream(const std::shared_ptr<const StreamInfo>&) override {}
    void on_block(const std::shared_ptr<const StreamInfo>&, EventBlock) override {}
    bool wait_for_delivery(Deadline) override { return true; }
    void on_shutdown(Deadline) override {}
};

void discard_leftovers() {
    images::discard();
    Discard nowhere;
    Outlet outlet{"", Origin(), &nowhere, {}};
    const StreamLayout none;
    Stream stream("", "", none, {});
    flush_logs(stream, outlet);
    flush_metrics(stream, outlet);
    ThreadStreams threads;
    threads.flush_spans(outlet);
    threads.flush_net(outlet);
}

bool hand_over(Deadline deadline) { return wake::wait_for(wake::ask_flush(), deadline); }

}  // namespace

bool start(const Config& config, std::shared_ptr<EventSink> sink) {
    Running& all = running();
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (all.flusher != nullptr) {
        return false;
    }
    pool().set_bound(config.buffer_bytes_max);
    images::set_bound(config.image_bytes_max);
    threads::set_naming(config.thread_name);
    wake::reset();
    {
        const threads::Section section;
        discard_leftovers();
        const Origin origin = Origin::now();
        all.process = describe_process(config, origin);
        all.sink = std::move(sink);
        all.sink_in_crash.store(all.sink.get());
        all.flusher = std::make_unique<Flusher>(config, *all.process, origin, all.sink);
    }
    all.is_running.store(true);
    detail::level_max.store(static_cast<std::uint8_t>(config.level_max));
    return true;
}

bool is_running() { return running().is_running.load(std::memory_order_relaxed); }

bool flush(milliseconds patience) {
    const Deadline deadline = wake::Clock::now() + patience;
    std::shared_ptr<EventSink> sink;
    {
        const std::lock_guard<std::mutex> lock(running().mutex);
        sink = running().sink;
    }
    return sink != nullptr && hand_over(deadline) && sink->wait_for_delivery(deadline);
}

void flush_soon() { wake::ask_flush(); }

void set_period(milliseconds period) {
    const std::lock_guard<std::mutex> lock(running().mutex);
    if (running().flusher != nullptr) {
        running().flusher->set_period(period);
    }
}

void shutdown(milliseconds patience) {
    Running& all = running();
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (all.flusher == nullptr) {
        return;
    }
    const Deadline deadline = wake::Clock::now() + patience;
    detail::level_max.store(0);
    all.is_running.store(false);
    all.sink_in_crash.store(nullptr);
    // Its last pass takes everything.
    all.flusher.reset();
    all.sink->on_shutdown(deadline);
    all.sink.reset();
    all.process.reset();
}

std::optional<ProcessInfo> process() {
    const std::lock_guard<std::mutex> lock(running().mutex);
    return running().process;
}

bool send_image(TextView name, TextView format, const void* data, std::size_t byte_count) {
    if (!is_running() || !images::push(name, format, data, byte_count)) {
        return false;
    }
    wake::urgent();
    return true;
}

std::uint64_t lost_events() { return threads::lost_events(); }

void flush_in_crash(milliseconds patience) {
    const Deadline deadline = wake::Clock::now() + patience;
    EventSink* sink = running().sink_in_crash.load();
    if (sink != nullptr && hand_over(deadline)) {
        sink->wait_for_delivery(deadline);
    }
}

}  // namespace micromegas::dispatch

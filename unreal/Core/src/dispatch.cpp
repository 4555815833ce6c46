#include "micromegas/dispatch.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "discard.h"
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
};

// For those who record and for the handler of a crash, who take no lock: not even the one that
// makes a static object at its first use.
std::atomic<EventSink*> sink_in_crash{nullptr};
std::atomic<bool> has_flusher{false};

Running& running() {
    static Running& running = *new Running;
    return running;
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
        sink_in_crash.store(all.sink.get());
        // Before the flusher hands the first document to the sink, whose threads may record.
        has_flusher.store(true);
        all.flusher = std::make_unique<Flusher>(config, *all.process, origin, all.sink);
    }
    detail::level_max.store(static_cast<std::uint8_t>(config.level_max));
    return true;
}

bool is_running() { return has_flusher.load(std::memory_order_relaxed); }

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
    has_flusher.store(false);
    sink_in_crash.store(nullptr);
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
    EventSink* sink = sink_in_crash.load();
    if (sink != nullptr && hand_over(deadline)) {
        sink->wait_for_delivery(deadline);
    }
}

}  // namespace micromegas::dispatch

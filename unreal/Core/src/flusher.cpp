#include "flusher.h"

#include <algorithm>
#include <utility>

#include "images.h"
#include "layouts.h"

namespace micromegas {

namespace {

// Entries that must not wait are handed over at once, but not more often than this.
constexpr std::chrono::milliseconds urgent_period{50};
// Nothing is further away than this.
constexpr std::chrono::hours sleep_max{1};

constexpr Kind kinds[kind_count] = {Kind::Logs, Kind::Metrics, Kind::Spans, Kind::Net};

}  // namespace

Flusher::Flusher(const Config& config, const ProcessInfo& process, const Origin& origin,
                 std::shared_ptr<EventSink> sink)
    : process_(process),
      sink_(std::move(sink)),
      outlet_{process.process_id, origin, sink_.get(), {}},
      logs_(process.process_id, "log", layouts::log(), {}),
      metrics_(process.process_id, "metrics", layouts::metrics(), {}),
      images_(process.process_id, "image", layouts::images(), {}) {
    const auto start = wake::Clock::now();
    for (const Kind kind : kinds) {
        const auto period = kind == Kind::Logs      ? config.log_period
                            : kind == Kind::Metrics ? config.metric_period
                                                    : config.span_period;
        due_[static_cast<std::size_t>(kind)].period_ms = period.count();
        due_[static_cast<std::size_t>(kind)].last = start;
    }
    thread_ = std::thread([this] { run(); });
}

Flusher::~Flusher() {
    wake::ask_stop();
    thread_.join();
}

void Flusher::set_period(std::chrono::milliseconds period) {
    for (Due& due : due_) {
        due.period_ms = period.count();
    }
    wake::ask_flush();
}

void Flusher::run() {
    const threads::Section section;
    sink_->on_process(process_);
    for (;;) {
        const wake::Asked asked = wake::take_asked();
        // What was recorded before the request lies in the buffers now.
        pass(asked);
        if (asked.flush != 0) {
            wake::answer(asked.flush);
        }
        if (asked.is_stop) {
            return;
        }
        wake::sleep_until(next_due());
    }
}

void Flusher::pass(const wake::Asked& asked) {
    has_urgent_ = has_urgent_ || asked.is_urgent;
    images::flush(images_, outlet_);
    const bool is_all = asked.flush != 0 || asked.is_stop;
    for (const Kind kind : kinds) {
        Due& due = due_[static_cast<std::size_t>(kind)];
        const auto now = wake::Clock::now();
        const bool is_urgent = kind == Kind::Logs && has_urgent_ && due.last + urgent_period <= now;
        if (is_all || is_urgent || asked.drain[static_cast<std::size_t>(kind)] || due.next() <= now) {
            due.last = now;
            has_urgent_ = has_urgent_ && kind != Kind::Logs;
            flush(kind);
        }
    }
}

void Flusher::flush(Kind kind) {
    switch (kind) {
        case Kind::Logs:
            flush_logs(logs_, outlet_);
            break;
        case Kind::Metrics:
            flush_metrics(metrics_, outlet_);
            break;
        case Kind::Spans:
            threads_.flush_spans(outlet_);
            break;
        case Kind::Net:
            threads_.flush_net(outlet_);
            break;
    }
}

wake::Clock::time_point Flusher::next_due() const {
    auto next = wake::Clock::now() + sleep_max;
    for (const Due& due : due_) {
        next = std::min(next, due.next());
    }
    const Due& logs = due_[static_cast<std::size_t>(Kind::Logs)];
    return has_urgent_ ? std::min(next, logs.last + urgent_period) : next;
}

}  // namespace micromegas

// The thread that takes what all threads recorded and hands it to the sink.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "merged_streams.h"
#include "micromegas/dispatch.h"
#include "thread_streams.h"
#include "wake.h"

namespace micromegas {

class Flusher {
public:
    Flusher(const Config& config, const ProcessInfo& process, const Origin& origin,
            std::shared_ptr<EventSink> sink);
    ~Flusher();

    void set_period(std::chrono::milliseconds period);

private:
    // A kind of events with its period.
    struct Due {
        std::atomic<std::chrono::milliseconds::rep> period_ms{0};
        wake::Clock::time_point last;

        wake::Clock::time_point next() const { return last + std::chrono::milliseconds(period_ms.load()); }
    };

    void run();
    void pass(const wake::Asked& asked);
    void flush(Kind kind);
    wake::Clock::time_point next_due() const;

    const ProcessInfo process_;
    const std::shared_ptr<EventSink> sink_;
    Due due_[kind_count];
    bool has_urgent_ = false;
    Outlet outlet_;
    Stream logs_;
    Stream metrics_;
    Stream images_;
    ThreadStreams threads_;
    std::thread thread_;
};

}  // namespace micromegas

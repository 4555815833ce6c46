#include "wake.h"

#include <thread>

#if defined(__linux__)
#include <cerrno>
#include <ctime>
#include <semaphore.h>
#elif defined(_WIN32)
extern "C" {
__declspec(dllimport) void* __stdcall CreateSemaphoreW(void*, long, long, const wchar_t*);
__declspec(dllimport) int __stdcall ReleaseSemaphore(void*, long, long*);
__declspec(dllimport) unsigned long __stdcall WaitForSingleObject(void*, unsigned long);
}
#endif

namespace micromegas::wake {

namespace {

#if defined(__linux__)

// A semaphore may be posted by a signal handler.
class Semaphore {
public:
    Semaphore() { sem_init(&semaphore_, 0, 0); }
    void post() { sem_post(&semaphore_); }
    void wait_until(Clock::time_point time) {
        const auto since_epoch = time.time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
        const timespec until = {
            static_cast<time_t>(seconds.count()),
            static_cast<long>(std::chrono::nanoseconds(since_epoch - seconds).count()),
        };
        while (sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR) {
        }
    }

private:
    sem_t semaphore_;
};

#elif defined(_WIN32)

class Semaphore {
public:
    void post() { ReleaseSemaphore(handle_, 1, nullptr); }
    void wait_until(Clock::time_point time) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
        WaitForSingleObject(handle_, left > 0 ? static_cast<unsigned long>(left) : 0);
    }

private:
    void* handle_ = CreateSemaphoreW(nullptr, 0, 0x7fff'ffff, nullptr);
};

#else

// Where the system offers nothing that every thread may post, the flusher looks now and then.
class Semaphore {
public:
    void post() { count_.fetch_add(1); }
    void wait_until(Clock::time_point time) {
        while (count_.exchange(0) == 0 && Clock::now() < time) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

private:
    std::atomic<unsigned> count_{0};
};

#endif

// Made before the first flusher starts, so that nobody who records waits for its making.
Semaphore& semaphore() {
    static Semaphore& semaphore = *new Semaphore;
    return semaphore;
}

std::atomic<bool> is_urgent{false};
std::atomic<bool> is_draining[kind_count];
std::atomic<std::uint64_t> asked{0};
std::atomic<std::uint64_t> answered{0};
std::atomic<bool> is_stopping{false};

void signal(std::atomic<bool>& flag) {
    if (!flag.exchange(true)) {
        semaphore().post();
    }
}

}  // namespace

void urgent() { signal(is_urgent); }

void drain(Kind kind) { signal(is_draining[static_cast<std::size_t>(kind)]); }

std::uint64_t ask_flush() {
    const std::uint64_t request = asked.fetch_add(1) + 1;
    semaphore().post();
    return request;
}

bool wait_for(std::uint64_t request, Clock::time_point deadline) {
    // Polling needs no lock, and whoever waits has nothing better to do.
    while (answered.load() < request) {
        if (Clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return true;
}

void ask_stop() {
    is_stopping.store(true);
    semaphore().post();
}

void sleep_until(Clock::time_point time) { semaphore().wait_until(time); }

Asked take_asked() {
    Asked all;
    all.is_urgent = is_urgent.exchange(false);
    for (std::size_t kind = 0; kind < kind_count; ++kind) {
        all.drain[kind] = is_draining[kind].exchange(false);
    }
    const std::uint64_t request = asked.load();
    all.flush = request > answered.load() ? request : 0;
    all.is_stop = is_stopping.load();
    return all;
}

void answer(std::uint64_t request) { answered.store(request); }

void reset() {
    semaphore();
    is_stopping.store(false);
    answered.store(asked.load());
}

}  // namespace micromegas::wake

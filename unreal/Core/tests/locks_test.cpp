// No path of recording takes a lock: calls of the system's locks are counted while threads record
// through renewals, first events, property sets and exhausted memory.
//
// The functions below stand before those of the C library, for the whole program. What the C library
// does inside itself is not seen: its allocator, and the loader, which it asks when a thread-local
// with a destructor is first used.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>

#include "check.h"
#include "memory_sink.h"
#include "micromegas/micromegas.h"
#include "micromegas/micromegas_c.h"

namespace {

// Counts while the calling thread is watched.
thread_local bool is_watched = false;
std::atomic<int> waits{0};

void note() {
    if (is_watched) {
        waits.fetch_add(1);
    }
}

// The function of the C library. No static object here needs to be made: that is a lock, too.
template <class Function>
Function* next_of(std::atomic<Function*>& known, const char* name) {
    Function* next = known.load();
    if (next == nullptr) {
        next = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
        known.store(next);
    }
    return next;
}

}  // namespace

#define COUNTED(name, parameters, arguments)               \
    extern "C" int name parameters {                       \
        static std::atomic<int (*) parameters> next{nullptr}; \
        note();                                            \
        return next_of(next, #name) arguments;             \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
COUNTED(pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
COUNTED(pthread_mutex_timedlock, (pthread_mutex_t * mutex, const timespec* until), (mutex, until))
COUNTED(pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
COUNTED(pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
COUNTED(pthread_spin_lock, (pthread_spinlock_t * lock), (lock))
COUNTED(pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t* mutex), (condition, mutex))
COUNTED(pthread_once, (pthread_once_t * once, void (*routine)()), (once, routine))
COUNTED(sem_wait, (sem_t * semaphore), (semaphore))
#pragma GCC diagnostic pop

// Called where a static object in a function is met that is not yet made. The compiler knows its name,
// so it has another one here.
extern "C" int counted_guard_acquire(void* guard) __asm__("__cxa_guard_acquire");
int counted_guard_acquire(void* guard) {
    static std::atomic<int (*)(void*)> next{nullptr};
    note();
    return next_of(next, "__cxa_guard_acquire")(guard);
}

namespace {

using namespace micromegas;

constexpr std::chrono::seconds patience{20};

// How many waits there are while `action` runs, on a thread of its own.
template <class Action>
int waits_of(Action action) {
    const int before = waits.load();
    std::thread([&] {
        is_watched = true;
        action();
        is_watched = false;
    }).join();
    return waits.load() - before;
}

void record_all(int turns) {
    std::uint64_t bits = 0;
    for (int turn = 0; turn < turns; ++turn) {
        MICROMEGAS_SPAN_SCOPE("test", "turn");
        MICROMEGAS_SPAN_NAME("test", "named");
        const auto set = PropertySetRef::find_or_create({{"turn", std::to_string(turn % 100)}});
        MICROMEGAS_LOG_PROPERTIES("test", LogLevel::Error, set, "with a set");
        MICROMEGAS_LOG("test", LogLevel::Info, u"without");
        log_from(LogLevel::Info, "target", text_of("captured"), set);
        MICROMEGAS_IMETRIC("test", Verbosity::Max, "integer", "count", turn);
        MICROMEGAS_FMETRIC("test", Verbosity::Max, "float", "count", turn);
        MICROMEGAS_NET_CONNECTION_SCOPE("client", true);
        MICROMEGAS_NET_OBJECT_SCOPE("actor", bits);
        bits += 5;
    }
}

class Locked {
public:
    Locked() { value_ = std::string(1, 'x'); }
    const std::string& value() const { return value_; }

private:
    std::string value_;
};

}  // namespace

TEST(locks_are_seen) {
    std::mutex mutex;
    CHECK_EQUAL(waits_of([&] { const std::lock_guard<std::mutex> lock(mutex); }), 1);
    std::shared_mutex shared;
    CHECK_EQUAL(waits_of([&] { const std::shared_lock<std::shared_mutex> lock(shared); }), 1);
    CHECK_EQUAL(waits_of([] {
                    static const Locked made_at_first_use;
                    CHECK_EQUAL(made_at_first_use.value(), "x");
                }),
                1);
    CHECK_EQUAL(waits_of([] {}), 0);
}

TEST(nothing_is_locked_before_the_first_dispatch) {
    CHECK_EQUAL(waits_of([] { record_all(10); }), 0);
}

TEST(recording_takes_no_lock) {
    const auto sink = std::make_shared<test::MemorySink>();
    Config config;
    config.span_period = config.metric_period = config.log_period = std::chrono::milliseconds(1);
    REQUIRE(dispatch::start(config, sink));
    // A first event, many renewals and the end of a thread, beside a flusher that has much to do.
    constexpr int turns = 50'000;
    CHECK_EQUAL(waits_of([] { record_all(turns); }), 0);
    CHECK_EQUAL(waits_of([] { record_all(1); }), 0);
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(dispatch::lost_events(), 0u);
    CHECK_EQUAL(sink->event_count("cpu"), 4 * (turns + 1));
    CHECK_EQUAL(sink->event_count("log"), 3 * (turns + 1));
    CHECK_EQUAL(sink->event_count("metrics"), 2 * (turns + 1));
    CHECK_EQUAL(sink->event_count("net"), 4 * (turns + 1));
    CHECK_EQUAL(waits_of([] {
                    default_context::set("map", "harbour");
                    default_context::clear();
                    const std::string large(100'000, 'x');
                    CHECK(dispatch::send_image(text_of("large"), text_of("image/png"), large.data(), large.size()));
                    dispatch::flush_soon();
                }),
                0);
    dispatch::shutdown(patience);
}

TEST(exhausted_memory_takes_no_lock) {
    const auto sink = std::make_shared<test::MemorySink>();
    Config config;
    config.buffer_bytes_max = 256 * 1024;
    config.span_period = config.metric_period = config.log_period = std::chrono::hours(1);
    REQUIRE(dispatch::start(config, sink));
    const std::uint64_t lost_before = dispatch::lost_events();
    CHECK_EQUAL(waits_of([] { record_all(20'000); }), 0);
    CHECK(dispatch::lost_events() > lost_before);
    dispatch::shutdown(patience);
}

TEST(the_c_interface_takes_no_lock) {
    const auto sink = std::make_shared<test::MemorySink>();
    REQUIRE(dispatch::start(Config(), sink));
    CHECK_EQUAL(waits_of([] {
                    const char* const keys[] = {"weapon"};
                    const char* const values[] = {"bow"};
                    for (int turn = 0; turn < 1'000; ++turn) {
                        const std::string name = "name " + std::to_string(turn % 10);
                        MmProperties* properties = mm_properties(keys, values, 1);
                        mm_log_properties(nullptr, MM_LEVEL_INFO, name.c_str(), properties, "hello");
                        mm_properties_free(properties);
                        mm_metric_i(nullptr, name.c_str(), "count", 1);
                        mm_metric_f(nullptr, name.c_str(), "ms", 1.5);
                        mm_span_end(mm_span_begin(mm_span("game", name.c_str(), "game.c", 1)));
                    }
                }),
                0);
    CHECK(dispatch::flush(patience));
    CHECK_EQUAL(sink->event_count("log"), 1'000);
    CHECK_EQUAL(sink->event_count("metrics"), 2'000);
    CHECK_EQUAL(sink->event_count("cpu"), 2'000);
    dispatch::shutdown(patience);
}

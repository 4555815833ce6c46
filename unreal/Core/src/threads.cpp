#include "threads.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "arrivals.h"
#include "micromegas/dispatch.h"
#include "micromegas/net.h"
#include "pool.h"
#include "thread_name.h"
#include "wake.h"
#include "within.h"

namespace micromegas {

namespace {

// What threads record after their end is held together up to so many words.
constexpr std::size_t late_words_max = 128 * 1024;

struct LateRecord {
    std::uint32_t thread_number;
    Kind kind;
    std::vector<std::uint64_t> words;
    LateRecord* next = nullptr;
};

// Neither the making of these nor their end runs code: threads may record at any moment of the
// process.
Arrivals<RecordingThread> new_threads;
Arrivals<LateRecord> new_late_records;
std::atomic<std::size_t> late_words{0};
std::atomic<std::uint32_t> next_number{1};
std::atomic<std::string (*)()> naming{nullptr};
std::atomic<std::uint64_t> lost_event_count{0};

// What the flusher has taken of them.
struct Known {
    std::vector<RecordingThread*> threads;
    std::vector<LateRun> late[kind_count];
};

Known& known() {
    static Known& known = *new Known;
    return known;
}

// Touched on the cold path only; its destructor hands the buffers over at the thread's end.
struct Owner {
    RecordingThread* thread = nullptr;

    ~Owner() {
        detail::Cursors& cursors = detail::cursors();
        cursors.has_ended = true;
        for (Buffer*& current : cursors.current) {
            current = &detail::without_room;
        }
        if (thread != nullptr) {
            // From here on the flusher may free it.
            thread->has_left.store(true, std::memory_order_release);
        }
    }
};

thread_local Owner owner;

// Null if there is no memory for it.
RecordingThread* current_thread() {
    if (owner.thread == nullptr) {
        auto* thread = new (std::nothrow) RecordingThread;
        if (thread == nullptr) {
            return nullptr;
        }
        thread->number = next_number.fetch_add(1);
        thread->id = current_thread_id();
        const auto host_name = naming.load();
        thread->name = host_name != nullptr ? host_name() : current_thread_name();
        detail::cursors().thread_number = thread->number;
        owner.thread = thread;
        new_threads.push(thread);
    }
    return owner.thread;
}

bool record_late(Kind kind, const std::uint64_t* words, std::size_t count) {
    if (!add_within(late_words, count, late_words_max)) {
        return false;
    }
    new_late_records.push(new LateRecord{detail::cursors().thread_number, kind, {words, words + count}});
    return true;
}

void count_lost() { lost_event_count.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

#if defined(MICROMEGAS_SHARED)
namespace net {
std::atomic<int> verbosity{2};
}
namespace detail {
std::atomic<std::uint8_t> level_max{0};
Cursors& cursors() {
    static thread_local Cursors thread_cursors;
    return thread_cursors;
}
}  // namespace detail
#endif

bool detail::make_room(Kind kind, std::size_t words) {
    Cursors& cursors = detail::cursors();
    if (!dispatch::is_running()) {
        return false;
    }
    if (cursors.is_busy || cursors.has_ended) {
        count_lost();
        return false;
    }
    const threads::Section section;
    RecordingThread* thread = current_thread();
    if (thread == nullptr) {
        count_lost();
        return false;
    }
    Chain& chain = thread->chain(kind);
    // Once the chain has a next buffer, it may let go of this one at any time: from here on not even
    // the handler of a crash writes to it. If there is no next one, smaller events are lost too, so
    // that the next buffer tells of all that are missing before it.
    Buffer*& current = cursors.current[static_cast<std::size_t>(kind)];
    current = &without_room;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    Buffer* const next = chain.renew(words);
    if (next == nullptr) {
        chain.count_lost();
        count_lost();
    } else {
        current = next;
    }
    if (next == nullptr || pool().is_under_pressure()) {
        wake::drain(kind);
    }
    return next != nullptr;
}

bool detail::record_cold(Kind kind, const std::uint64_t* words, std::size_t count) {
    Cursors& cursors = detail::cursors();
    if (cursors.has_ended && !cursors.is_busy && dispatch::is_running()) {
        const threads::Section section;
        const bool is_recorded = record_late(kind, words, count);
        if (!is_recorded) {
            count_lost();
        }
        return is_recorded;
    }
    if (!make_room(kind, count)) {
        return false;
    }
    Buffer& buffer = *cursors.current[static_cast<std::size_t>(kind)];
    std::uint64_t* place = buffer.open(count);
    std::copy(words, words + count, place);
    buffer.publish(count);
    return true;
}

bool RecordingThread::recycle() {
    // Before the chains: what it wrote before it left is in them.
    const bool is_over = has_left.load(std::memory_order_acquire);
    bool is_empty = true;
    for (Chain& chain : chains) {
        chain.recycle(is_over);
        is_empty = is_empty && chain.is_empty();
    }
    return is_over && is_empty;
}

const std::vector<RecordingThread*>& threads::list() {
    for (RecordingThread* thread = new_threads.take(); thread != nullptr; thread = thread->next) {
        known().threads.push_back(thread);
    }
    return known().threads;
}

std::vector<std::uint32_t> threads::forget_finished() {
    std::vector<std::uint32_t> forgotten;
    auto& all = known().threads;
    const auto is_finished = [&](RecordingThread* thread) {
        const bool is_over = thread->recycle();
        if (is_over) {
            forgotten.push_back(thread->number);
            delete thread;
        }
        return is_over;
    };
    all.erase(std::remove_if(all.begin(), all.end(), is_finished), all.end());
    return forgotten;
}

std::vector<LateRun> threads::take_late(Kind kind) {
    for (LateRecord* record = new_late_records.take(); record != nullptr;) {
        const std::unique_ptr<LateRecord> taken(std::exchange(record, record->next));
        auto& runs = known().late[static_cast<std::size_t>(taken->kind)];
        const auto is_it = [&](const LateRun& run) { return run.thread_number == taken->thread_number; };
        auto run = std::find_if(runs.begin(), runs.end(), is_it);
        if (run == runs.end()) {
            run = runs.insert(run, LateRun{taken->thread_number, {}});
        }
        run->words.insert(run->words.end(), taken->words.begin(), taken->words.end());
    }
    auto runs = std::exchange(known().late[static_cast<std::size_t>(kind)], {});
    for (const LateRun& run : runs) {
        late_words -= run.words.size();
    }
    return runs;
}

void threads::set_naming(std::string (*thread_name)()) { naming.store(thread_name); }

std::uint64_t threads::lost_events() { return lost_event_count.load(std::memory_order_relaxed); }

}  // namespace micromegas

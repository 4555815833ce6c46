#include "threads.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "micromegas/dispatch.h"
#include "pool.h"
#include "thread_name.h"
#include "wake.h"

namespace micromegas {

namespace {

// What threads record after their end is held together up to so many words.
constexpr std::size_t late_words_max = 128 * 1024;

struct Registry {
    std::mutex mutex;
    std::vector<std::shared_ptr<RecordingThread>> threads;
    std::vector<LateRun> late;
    std::size_t late_words = 0;
    std::atomic<std::uint32_t> next_number{1};
    std::atomic<std::string (*)()> thread_name{nullptr};
    std::atomic<std::uint64_t> lost_events{0};
};

Registry& registry() {
    // Never destroyed: threads may record while the process ends.
    static Registry& registry = *new Registry;
    return registry;
}

// Touched on the cold path only; its destructor hands the buffers over at the thread's end.
struct Owner {
    std::shared_ptr<RecordingThread> thread;

    ~Owner() {
        detail::Cursors& cursors = detail::cursors();
        cursors.has_ended = true;
        for (Buffer*& current : cursors.current) {
            current = &detail::without_room;
        }
        if (thread != nullptr) {
            for (const auto& chain : thread->chains) {
                chain->leave();
            }
        }
    }
};

thread_local Owner owner;

RecordingThread& current_thread() {
    if (owner.thread == nullptr) {
        auto thread = std::make_shared<RecordingThread>();
        thread->number = registry().next_number.fetch_add(1);
        thread->id = current_thread_id();
        const auto naming = registry().thread_name.load();
        thread->name = naming != nullptr ? naming() : current_thread_name();
        for (auto& chain : thread->chains) {
            chain = std::make_shared<Chain>();
        }
        detail::cursors().thread_number = thread->number;
        const std::lock_guard<std::mutex> lock(registry().mutex);
        registry().threads.push_back(thread);
        owner.thread = std::move(thread);
    }
    return *owner.thread;
}

bool record_late(Kind kind, const std::uint64_t* words, std::size_t count) {
    Registry& all = registry();
    const std::uint32_t number = detail::cursors().thread_number;
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (all.late_words + count > late_words_max) {
        return false;
    }
    all.late_words += count;
    const auto is_it = [&](const LateRun& run) { return run.thread_number == number && run.kind == kind; };
    auto run = std::find_if(all.late.begin(), all.late.end(), is_it);
    if (run == all.late.end()) {
        run = all.late.insert(run, LateRun{number, kind, {}});
    }
    run->words.insert(run->words.end(), words, words + count);
    return true;
}

void count_lost() { registry().lost_events.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

#if defined(MICROMEGAS_SHARED)
namespace detail {
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
    RecordingThread& thread = current_thread();
    Chain& chain = *thread.chain(kind);
    // Once the chain has a next buffer, it may let go of this one at any time.
    Buffer*& current = cursors.current[static_cast<std::size_t>(kind)];
    Buffer* next = chain.renew(words);
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

std::vector<std::shared_ptr<RecordingThread>> threads::list() {
    const std::lock_guard<std::mutex> lock(registry().mutex);
    return registry().threads;
}

std::vector<std::uint32_t> threads::forget_finished() {
    std::vector<std::uint32_t> forgotten;
    const std::lock_guard<std::mutex> lock(registry().mutex);
    auto& all = registry().threads;
    const auto is_finished = [&](const std::shared_ptr<RecordingThread>& thread) {
        const bool is_over = std::all_of(thread->chains.begin(), thread->chains.end(),
                                         [](const auto& chain) { return chain->is_finished(); });
        if (is_over) {
            forgotten.push_back(thread->number);
        }
        return is_over;
    };
    all.erase(std::remove_if(all.begin(), all.end(), is_finished), all.end());
    return forgotten;
}

std::vector<LateRun> threads::take_late(Kind kind) {
    std::vector<LateRun> taken;
    Registry& all = registry();
    const std::lock_guard<std::mutex> lock(all.mutex);
    for (std::size_t index = all.late.size(); index-- > 0;) {
        if (all.late[index].kind == kind) {
            all.late_words -= all.late[index].words.size();
            taken.push_back(std::move(all.late[index]));
            all.late.erase(all.late.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }
    return taken;
}

void threads::set_naming(std::string (*thread_name)()) { registry().thread_name.store(thread_name); }

std::uint64_t threads::lost_events() { return registry().lost_events.load(std::memory_order_relaxed); }

}  // namespace micromegas

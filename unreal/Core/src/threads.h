// The threads that recorded something, and their buffers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "chain.h"
#include "micromegas/recording.h"

namespace micromegas {

// Made at a thread's first event; freed by the flusher once the thread has left and all is taken.
struct RecordingThread {
    // Unique in the process, never zero.
    std::uint32_t number = 0;
    // The thread's id and name as its streams state them.
    std::string id;
    std::string name;
    std::array<Chain, kind_count> chains;
    // The thread's last access to this.
    std::atomic<bool> has_left{false};
    RecordingThread* next = nullptr;

    Chain& chain(Kind kind) { return chains[static_cast<std::size_t>(kind)]; }
    // For the flusher: gives back what is taken; whether nothing is left and nothing will come.
    bool recycle();
};

// Records of one kind that a thread made after its end, when its thread-locals were gone.
struct LateRun {
    std::uint32_t thread_number;
    std::vector<std::uint64_t> words;
};

namespace threads {

// For the flusher, or for whoever starts it.

// In the order of their first events. They stay until the next call of forget_finished.
const std::vector<RecordingThread*>& list();
// Gives the memory back that nobody uses, and forgets the threads that have ended and are taken;
// returns their numbers.
std::vector<std::uint32_t> forget_finished();
std::vector<LateRun> take_late(Kind kind);

// For anybody.

void set_naming(std::string (*thread_name)());
std::uint64_t lost_events();

// While it lives, what this thread records without room is refused: the flusher and the cold path
// allocate, and the host's allocator may record.
class Section {
public:
    Section() : was_busy_(detail::cursors().is_busy) { detail::cursors().is_busy = true; }
    ~Section() { detail::cursors().is_busy = was_busy_; }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

private:
    bool was_busy_;
};

}  // namespace threads
}  // namespace micromegas

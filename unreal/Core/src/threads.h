// The threads that recorded something, and their buffers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chain.h"
#include "micromegas/recording.h"

namespace micromegas {

struct RecordingThread {
    // Unique in the process, never zero.
    std::uint32_t number = 0;
    // The thread's id and name as its streams state them.
    std::string id;
    std::string name;
    std::array<std::shared_ptr<Chain>, kind_count> chains;

    const std::shared_ptr<Chain>& chain(Kind kind) const { return chains[static_cast<std::size_t>(kind)]; }
};

// Records of one kind that a thread made after its end, when its thread-locals were gone.
struct LateRun {
    std::uint32_t thread_number;
    Kind kind;
    std::vector<std::uint64_t> words;
};

namespace threads {

// In the order of their first events.
std::vector<std::shared_ptr<RecordingThread>> list();
// Forgets the threads that have ended and are drained; returns their numbers.
std::vector<std::uint32_t> forget_finished();
std::vector<LateRun> take_late(Kind kind);
void set_naming(std::string (*thread_name)());
std::uint64_t lost_events();

// While it lives, what this thread records without room is refused: the flusher and the cold path
// hold locks and allocate, and the host's allocator may record.
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

// The buffers of one thread and one kind, oldest first. The owner fills the last one; the flusher
// takes what is committed in all of them.
//
// Neither waits for the other. The owner appends links and never removes one. The flusher removes
// them from the front, once it has dealt with all of a link and either the owner has gone on to the
// next one or has left. A link whose words are all dealt with belongs to the owner, which may fill it
// from its beginning again; `drained` is how they hand it to each other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "micromegas/buffer.h"

namespace micromegas {

struct Link {
    Link(std::uint64_t* base, std::size_t words, std::uint64_t skipped)
        : buffer(base, words), skipped_events(skipped) {}

    Buffer buffer;
    // Words the flusher has dealt with; zero again when the owner begins anew. The flusher raises it
    // to what was committed; only where the two are equal may the owner set it to zero.
    std::atomic<std::size_t> drained{0};
    // Events lost before the first one of this buffer.
    std::atomic<std::uint64_t> skipped_events;
    std::atomic<Link*> next{nullptr};
};

// Committed words in the flusher's hands; they count as drained when it lets go of them.
class Taken {
public:
    Taken(Link& link, std::size_t from, std::size_t to, std::uint64_t skipped_events)
        : link_(&link), from_(from), to_(to), skipped_events_(skipped_events) {}
    Taken(Taken&& other) noexcept
        : link_(other.link_), from_(other.from_), to_(other.to_), skipped_events_(other.skipped_events_) {
        other.link_ = nullptr;
    }
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
        if (link_ != nullptr) {
            // The owner may write over these words from here on.
            link_->drained.store(to_, std::memory_order_release);
        }
    }

    const std::uint64_t* begin() const { return link_->buffer.base() + from_; }
    const std::uint64_t* end() const { return link_->buffer.base() + to_; }
    // Events lost before the first word.
    std::uint64_t skipped_events() const { return skipped_events_; }

private:
    Link* link_;
    std::size_t from_;
    std::size_t to_;
    std::uint64_t skipped_events_;
};

class Chain {
public:
    Chain() = default;
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;
    // When neither uses it any more.
    ~Chain();

    // For the owner.

    // A buffer with room for so many words: the full one again if all of it was dealt with, else one
    // from the pool; null if the pool is exhausted. It stays until the next renewal, or until the
    // owner says that it has left.
    Buffer* renew(std::size_t room_words);
    // Notes an event that found no room.
    void count_lost() { ++lost_events_; }

    // For the flusher.

    // Takes what was committed since the last call, oldest first.
    void take(std::vector<Taken>& out);
    // Gives the buffers back that are of no use any more. `has_left` is whether the owner has written
    // its last word.
    void recycle(bool has_left);
    // After recycling: whether nothing is left.
    bool is_empty() const { return first_.load(std::memory_order_acquire) == nullptr; }

private:
    Link* append(std::size_t least, std::size_t wanted);

    // The owner sets it once, from then on it is the flusher's.
    std::atomic<Link*> first_{nullptr};
    // The owner's.
    Link* last_ = nullptr;
    std::uint64_t lost_events_ = 0;
};

}  // namespace micromegas

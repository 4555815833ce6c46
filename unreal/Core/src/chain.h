// The buffers of one thread and one kind, oldest first. The owner fills the last one; the flusher
// takes what is committed in all of them.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "micromegas/buffer.h"

namespace micromegas {

class Chain;

// Committed words in the flusher's hands; they count as drained when it lets go of them.
class Taken {
public:
    Taken(std::shared_ptr<Chain> chain, Buffer* buffer, std::size_t from, std::size_t to,
          std::uint64_t skipped_events)
        : chain_(std::move(chain)), buffer_(buffer), from_(from), to_(to), skipped_events_(skipped_events) {}
    Taken(Taken&&) = default;
    Taken& operator=(Taken&&) = delete;
    ~Taken();

    const std::uint64_t* begin() const { return buffer_->base() + from_; }
    const std::uint64_t* end() const { return buffer_->base() + to_; }
    // Events lost before the first word.
    std::uint64_t skipped_events() const { return skipped_events_; }

private:
    std::shared_ptr<Chain> chain_;
    Buffer* buffer_;
    std::size_t from_;
    std::size_t to_;
    std::uint64_t skipped_events_;
};

// Locked by the owner when a buffer is full and by the flusher when it takes, never while a record
// is written.
class Chain {
public:
    Chain() = default;
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;
    ~Chain();

    // Gives the owner a buffer with room for so many words: the full one again if all of it was
    // taken, else one from the pool; null if the pool is exhausted. It stays until the next renewal
    // or until the owner leaves.
    Buffer* renew(std::size_t room_words);
    // Notes an event that found no room.
    void count_lost();
    // The owner writes no more: what it leaves goes back to the pool once it is taken.
    void leave();
    // Takes what was committed since the last call, oldest first.
    static void take(const std::shared_ptr<Chain>& chain, std::vector<Taken>& out);
    // Whether nothing is left to take and nothing will come.
    bool is_finished();

private:
    friend class Taken;

    struct Link {
        std::unique_ptr<Buffer> buffer;
        // Words the flusher has dealt with.
        std::size_t drained = 0;
        // How often the flusher holds words of it.
        unsigned readers = 0;
        // Events lost before the first one of this buffer.
        std::uint64_t skipped_events = 0;

        bool is_drained() const { return readers == 0 && drained == buffer->committed_words(); }
    };

    void drain(const Buffer* buffer, std::size_t to);
    void recycle();

    std::mutex mutex_;
    std::deque<Link> links_;
    std::uint64_t lost_events_ = 0;
    bool is_left_ = false;
};

}  // namespace micromegas

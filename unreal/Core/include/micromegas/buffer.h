// One buffer: its owner writes and publishes, anyone reads what is published.
//
// The position is the whole protocol. The owner writes words at and after it, then release-stores
// the new position; a reader acquire-loads it and may read all words before it. Words before the
// position never change until the buffer is reset, and its chain resets it only while nobody reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(_MSC_VER)
#define MICROMEGAS_INLINE __forceinline
#else
#define MICROMEGAS_INLINE inline __attribute__((always_inline))
#endif

namespace micromegas {

// Lies alone on its cache line, which the owner alone writes.
class alignas(64) Buffer {
public:
    // A buffer that never has room: what a thread's cursor points to while it has none.
    constexpr Buffer() = default;
    Buffer(std::uint64_t* base, std::size_t words) : position_(base), limit_(base + words), base_(base) {}

    // Publishes `count` words that `write` puts at the given place; false if they do not fit, and
    // then `write` is not called. Only the owner calls this.
    template <std::size_t count, class Write>
    MICROMEGAS_INLINE bool append(Write write) {
        std::uint64_t* position = position_.load(std::memory_order_relaxed);
        if (byte_room(position) < count * sizeof(std::uint64_t)) {
            return false;
        }
        write(position);
        position_.store(position + count, std::memory_order_release);
        return true;
    }

    // The place of the next record if `words` fit, else null; what is written there becomes visible
    // by publish. Only the owner calls these.
    std::uint64_t* open(std::size_t words) {
        std::uint64_t* position = position_.load(std::memory_order_relaxed);
        return byte_room(position) < words * sizeof(std::uint64_t) ? nullptr : position;
    }
    void publish(std::size_t words) {
        std::uint64_t* position = position_.load(std::memory_order_relaxed);
        position_.store(position + words, std::memory_order_release);
    }

    std::size_t capacity_words() const { return static_cast<std::size_t>(limit_ - base_); }
    // Everything before that was written by the owner and is visible to the caller.
    std::size_t committed_words() const {
        return static_cast<std::size_t>(position_.load(std::memory_order_acquire) - base_);
    }
    const std::uint64_t* base() const { return base_; }
    void reset() { position_.store(base_, std::memory_order_relaxed); }

private:
    std::size_t byte_room(const std::uint64_t* position) const {
        return reinterpret_cast<std::uintptr_t>(limit_) - reinterpret_cast<std::uintptr_t>(position);
    }

    std::atomic<std::uint64_t*> position_{nullptr};
    std::uint64_t* limit_ = nullptr;
    std::uint64_t* base_ = nullptr;
};

}  // namespace micromegas

// Where buffers come from and go back to; the bound on all of them together.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace micromegas {

// The size of a thread's first buffer. Buffers grow by doubling.
inline constexpr std::size_t least_words = 2 * 1024;
inline constexpr std::size_t greatest_words = 128 * 1024;

// Called by all threads at once, and none waits for another: idle buffers lie in slots, from which
// whoever swaps one out has it for itself.
class Pool {
public:
    constexpr Pool() = default;

    void set_bound(std::size_t bytes);
    // Lends exactly so many words, touched so that the owner meets no page fault; null if that
    // would exceed the bound.
    std::uint64_t* take(std::size_t words);
    void give_back(std::uint64_t* base, std::size_t words);
    // Whether so much is in use that the flusher should hurry.
    bool is_under_pressure() const;
    // All that is lent or lies idle.
    std::size_t total_bytes() const { return total_words_.load() * sizeof(std::uint64_t); }

private:
    using Slot = std::atomic<std::uint64_t*>;
    // The slots of one size.
    struct Slots {
        Slot* first = nullptr;
        std::size_t count = 0;

        Slot* begin() const { return first; }
        Slot* end() const { return first + count; }
    };

    static constexpr std::size_t idle_words_max = 256 * 1024;
    // Of each size as many as may lie idle: with seven sizes 128, 64, and so on down to 2.
    static constexpr std::size_t slot_count = 2 * (idle_words_max / least_words - idle_words_max / greatest_words / 2);

    Slots slots_of(std::size_t words);
    bool reserve(std::size_t words);
    std::uint64_t* take_idle(std::size_t words);
    void free_idle();

    std::atomic<std::size_t> bound_words_{0};
    // Lent and idle together.
    std::atomic<std::size_t> total_words_{0};
    // At least what lies in the slots.
    std::atomic<std::size_t> idle_words_{0};
    std::array<Slot, slot_count> slots_{};
};

// The memory of all buffers of the process.
Pool& pool();

}  // namespace micromegas

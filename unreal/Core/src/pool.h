// Where buffers come from and go back to; the bound on all of them together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace micromegas {

// The size of a thread's first buffer. Buffers grow by doubling.
inline constexpr std::size_t least_words = 2 * 1024;
inline constexpr std::size_t greatest_words = 128 * 1024;

class Pool {
public:
    void set_bound(std::size_t bytes) { bound_words_.store(bytes / sizeof(std::uint64_t)); }
    // Lends exactly so many words, touched so that the owner meets no page fault; null if that
    // would exceed the bound.
    std::uint64_t* take(std::size_t words);
    void give_back(std::uint64_t* base, std::size_t words);
    // Whether so much is in use that the flusher should hurry.
    bool is_under_pressure() const;

private:
    struct Storage {
        std::uint64_t* base;
        std::size_t words;
    };

    bool reserve(std::size_t words);

    std::atomic<std::size_t> bound_words_{0};
    // Lent and idle together.
    std::atomic<std::size_t> total_words_{0};
    std::mutex mutex_;
    std::vector<Storage> idle_;
    std::size_t idle_words_ = 0;
};

// The memory of all buffers of the process.
Pool& pool();

}  // namespace micromegas

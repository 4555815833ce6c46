#include "pool.h"

#include <cstring>
#include <new>

#include "within.h"

namespace micromegas {

namespace {

// Beyond this the flusher hurries: memory that goes round stays in the caches.
constexpr std::size_t relaxed_words_max = 512 * 1024;
constexpr std::align_val_t alignment{64};

void free_words(std::uint64_t* base) { ::operator delete(base, alignment); }

// Neither its making nor its end runs code: threads may record at any moment of the process.
Pool the_pool;

}  // namespace

Pool& pool() { return the_pool; }

Pool::Slots Pool::slots_of(std::size_t words) {
    std::size_t first = 0;
    for (std::size_t size = least_words; size <= greatest_words; size *= 2) {
        const std::size_t count = idle_words_max / size;
        if (size == words) {
            return {slots_.data() + first, count};
        }
        first += count;
    }
    return {};
}

void Pool::set_bound(std::size_t bytes) {
    bound_words_.store(bytes / sizeof(std::uint64_t));
    if (total_words_.load() > bound_words_.load()) {
        free_idle();
    }
}

std::uint64_t* Pool::take(std::size_t words) {
    if (std::uint64_t* idle = take_idle(words)) {
        return idle;
    }
    if (!reserve(words)) {
        // What lies idle in other sizes makes way before anything is refused.
        free_idle();
        if (!reserve(words)) {
            return nullptr;
        }
    }
    void* memory = ::operator new(words * sizeof(std::uint64_t), alignment, std::nothrow);
    if (memory == nullptr) {
        total_words_ -= words;
        return nullptr;
    }
    std::memset(memory, 0, words * sizeof(std::uint64_t));
    return static_cast<std::uint64_t*>(memory);
}

bool Pool::reserve(std::size_t words) { return add_within(total_words_, words, bound_words_.load()); }

std::uint64_t* Pool::take_idle(std::size_t words) {
    for (Slot& slot : slots_of(words)) {
        // Looking costs less than swapping.
        std::uint64_t* base = slot.load(std::memory_order_relaxed);
        if (base != nullptr && (base = slot.exchange(nullptr, std::memory_order_acquire)) != nullptr) {
            idle_words_ -= words;
            return base;
        }
    }
    return nullptr;
}

void Pool::free_idle() {
    for (std::size_t words = least_words; words <= greatest_words; words *= 2) {
        while (std::uint64_t* base = take_idle(words)) {
            free_words(base);
            total_words_ -= words;
        }
    }
}

void Pool::give_back(std::uint64_t* base, std::size_t words) {
    if (add_within(idle_words_, words, idle_words_max)) {
        for (Slot& slot : slots_of(words)) {
            std::uint64_t* empty = nullptr;
            if (slot.load(std::memory_order_relaxed) == nullptr &&
                slot.compare_exchange_strong(empty, base, std::memory_order_release, std::memory_order_relaxed)) {
                return;
            }
        }
        // Of a size that has no slots, or passed by others while this one looked.
        idle_words_ -= words;
    }
    free_words(base);
    total_words_ -= words;
}

bool Pool::is_under_pressure() const {
    const std::size_t quarter = bound_words_.load(std::memory_order_relaxed) / 4;
    const std::size_t bound = quarter < relaxed_words_max ? quarter : relaxed_words_max;
    return total_words_.load(std::memory_order_relaxed) > bound;
}

}  // namespace micromegas

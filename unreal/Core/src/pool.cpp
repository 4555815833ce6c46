#include "pool.h"

#include <cstring>
#include <new>

namespace micromegas {

namespace {

constexpr std::size_t idle_words_max = 256 * 1024;
// Beyond this the flusher hurries: memory that goes round stays in the caches.
constexpr std::size_t relaxed_words_max = 512 * 1024;
constexpr std::align_val_t alignment{64};

void free_words(std::uint64_t* base) { ::operator delete(base, alignment); }

}  // namespace

Pool& pool() {
    // Never destroyed: threads may record while the process ends.
    static Pool& pool = *new Pool;
    return pool;
}

std::uint64_t* Pool::take(std::size_t words) {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (std::size_t index = idle_.size(); index-- > 0;) {
            if (idle_[index].words == words) {
                std::uint64_t* base = idle_[index].base;
                idle_[index] = idle_.back();
                idle_.pop_back();
                idle_words_ -= words;
                return base;
            }
        }
        if (!reserve(words)) {
            // What lies idle in other sizes makes way before anything is refused.
            for (const Storage& storage : idle_) {
                free_words(storage.base);
            }
            idle_.clear();
            total_words_ -= idle_words_;
            idle_words_ = 0;
            if (!reserve(words)) {
                return nullptr;
            }
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

bool Pool::reserve(std::size_t words) {
    const std::size_t bound = bound_words_.load();
    std::size_t total = total_words_.load();
    while (total + words <= bound) {
        if (total_words_.compare_exchange_weak(total, total + words)) {
            return true;
        }
    }
    return false;
}

void Pool::give_back(std::uint64_t* base, std::size_t words) {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (idle_words_ + words <= idle_words_max) {
            idle_.push_back({base, words});
            idle_words_ += words;
            return;
        }
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

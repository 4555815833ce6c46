// Sums with a bound that many threads add to.
#pragma once

#include <atomic>
#include <cstddef>

namespace micromegas {

// Adds to the sum unless it would exceed the bound then; whether it did.
inline bool add_within(std::atomic<std::size_t>& sum, std::size_t amount, std::size_t bound) {
    std::size_t present = sum.load();
    while (amount <= bound && present <= bound - amount) {
        if (sum.compare_exchange_weak(present, present + amount)) {
            return true;
        }
    }
    return false;
}

}  // namespace micromegas

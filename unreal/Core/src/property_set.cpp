#include "micromegas/property_set.h"

#include <mutex>

namespace micromegas {

namespace {

// The sets by content. A set is in it for as long as anybody has a share.
struct Store {
    std::mutex mutex;
    std::map<Properties, const PropertySet*> sets;
};

Store& store() {
    static Store& store = *new Store;
    return store;
}

}  // namespace

PropertySetRef PropertySetRef::find_or_create(const Properties& properties) {
    const std::lock_guard<std::mutex> lock(store().mutex);
    auto& sets = store().sets;
    const auto found = sets.find(properties);
    if (found != sets.end()) {
        // Nobody frees a set without the lock, so one that is here may be shared again.
        share(found->second);
        return PropertySetRef(found->second);
    }
    const auto* set = new PropertySet(properties);
    sets.emplace(properties, set);
    return PropertySetRef(set);
}

void PropertySetRef::take_back(const PropertySet* set) {
    if (set == nullptr) {
        return;
    }
    std::uint64_t shares = set->shares_.load(std::memory_order_relaxed);
    while (shares > 1) {
        if (set->shares_.compare_exchange_weak(shares, shares - 1, std::memory_order_acq_rel)) {
            return;
        }
    }
    // Perhaps the last share: only with the lock can nobody find the set any more.
    const std::lock_guard<std::mutex> lock(store().mutex);
    if (set->shares_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        store().sets.erase(set->properties());
        delete set;
    }
}

std::size_t PropertySetRef::count() {
    const std::lock_guard<std::mutex> lock(store().mutex);
    return store().sets.size();
}

}  // namespace micromegas

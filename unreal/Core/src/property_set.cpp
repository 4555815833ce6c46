#include "micromegas/property_set.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace micromegas {

namespace {

std::atomic<std::size_t> live_sets{0};

std::size_t hash_of(const Properties& properties) {
    std::size_t hash = properties.size();
    for (const auto& [name, value] : properties) {
        for (const std::string* text : {&name, &value}) {
            hash = hash * 31 + std::hash<std::string>()(*text);
        }
    }
    return hash;
}

// The thread's other thread-locals are gone, the table among them.
thread_local bool has_ended = false;

}  // namespace

// The sets that one thread made, by content. It has no shares: a set that nobody shares loses its
// content at once, wherever that happens, and its place here when the thread comes by.
class PropertySetTable {
public:
    ~PropertySetTable() {
        has_ended = true;
        for (const auto& [hash, set] : sets_) {
            PropertySetRef::let_go(set);
        }
    }

    PropertySetRef find_or_create(const Properties& properties) {
        const std::size_t hash = hash_of(properties);
        const auto [first, last] = sets_.equal_range(hash);
        for (auto known = first; known != last; ++known) {
            PropertySetRef set = PropertySetRef::share_if_live(known->second);
            if (set && set.get()->properties() == properties) {
                return set;
            }
        }
        if (sets_.size() >= size_to_sweep_) {
            sweep();
        }
        const auto* set = new PropertySet(properties, 2);
        sets_.emplace(hash, set);
        return PropertySetRef(set);
    }

private:
    static constexpr std::size_t least_size_to_sweep = 64;

    // Forgets the sets that nobody shares.
    void sweep() {
        for (auto known = sets_.begin(); known != sets_.end();) {
            if (known->second->shares_.load(std::memory_order_relaxed) == 0) {
                PropertySetRef::let_go(known->second);
                known = sets_.erase(known);
            } else {
                ++known;
            }
        }
        size_to_sweep_ = std::max(least_size_to_sweep, 2 * sets_.size());
    }

    std::unordered_multimap<std::size_t, const PropertySet*> sets_;
    std::size_t size_to_sweep_ = least_size_to_sweep;
};

PropertySet::PropertySet(const Properties& properties, unsigned holders)
    : properties_(properties), holders_(holders) {
    live_sets.fetch_add(1, std::memory_order_relaxed);
}

PropertySetRef PropertySetRef::find_or_create(const Properties& properties) {
    if (has_ended) {
        return PropertySetRef(new PropertySet(properties, 1));
    }
    thread_local PropertySetTable table;
    return table.find_or_create(properties);
}

PropertySetRef PropertySetRef::share_if_live(const PropertySet* set) {
    std::uint64_t shares = set->shares_.load(std::memory_order_relaxed);
    while (shares > 0) {
        if (set->shares_.compare_exchange_weak(shares, shares + 1, std::memory_order_relaxed)) {
            return PropertySetRef(set);
        }
    }
    return PropertySetRef();
}

void PropertySetRef::take_back(const PropertySet* set) {
    // The last one sees all that the others did with the set, and nobody gets a share any more.
    if (set != nullptr && set->shares_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        live_sets.fetch_sub(1, std::memory_order_relaxed);
        set->properties_.clear();
        let_go(set);
    }
}

void PropertySetRef::let_go(const PropertySet* set) {
    if (set->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete set;
    }
}

std::size_t PropertySetRef::count() { return live_sets.load(std::memory_order_relaxed); }

}  // namespace micromegas

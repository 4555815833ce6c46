// Sets of properties: made once, shared by the events that have them, freed when nobody does.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "micromegas/export.h"

namespace micromegas {

// Names and values, both UTF-8, by name.
using Properties = std::map<std::string, std::string>;

class PropertySet;

// A share in a set. Records hold shares of their own, which the flusher gives back.
class PropertySetRef {
public:
    PropertySetRef() = default;
    PropertySetRef(const PropertySetRef& other) : set_(other.set_) { share(set_); }
    PropertySetRef(PropertySetRef&& other) noexcept : set_(std::exchange(other.set_, nullptr)) {}
    PropertySetRef& operator=(PropertySetRef other) noexcept {
        std::swap(set_, other.set_);
        return *this;
    }
    ~PropertySetRef() { take_back(set_); }

    // The set with these properties: the one that this thread has made and that is in use, else a new
    // one. No thread waits for another here.
    MICROMEGAS_API static PropertySetRef find_or_create(const Properties& properties);
    // How many sets are in use.
    MICROMEGAS_API static std::size_t count();

    const PropertySet* get() const { return set_; }
    explicit operator bool() const { return set_ != nullptr; }

    // Takes a share for a record; whoever reads the record gives it back.
    std::uint64_t lend() const {
        share(set_);
        return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(set_));
    }
    MICROMEGAS_API static void take_back(const PropertySet* set);
    static const PropertySet* of_word(std::uint64_t word) {
        return reinterpret_cast<const PropertySet*>(static_cast<std::uintptr_t>(word));
    }

private:
    friend class PropertySetTable;
    explicit PropertySetRef(const PropertySet* set) : set_(set) {}
    static void share(const PropertySet* set);
    // A share of a set, unless nobody has one any more.
    static PropertySetRef share_if_live(const PropertySet* set);
    // One of the set's holders goes; the last one frees it.
    static void let_go(const PropertySet* set);

    const PropertySet* set_ = nullptr;
};

class PropertySet {
public:
    const Properties& properties() const { return properties_; }

private:
    friend class PropertySetRef;
    friend class PropertySetTable;
    PropertySet(const Properties& properties, unsigned holders);

    // Empty once there are no shares.
    mutable Properties properties_;
    mutable std::atomic<std::uint64_t> shares_{1};
    // Those with shares, all together, and the table of the thread that made it.
    mutable std::atomic<unsigned> holders_;
};

inline void PropertySetRef::share(const PropertySet* set) {
    if (set != nullptr) {
        set->shares_.fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace micromegas

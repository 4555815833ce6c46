#include "context.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "arrivals.h"
#include "micromegas/clock.h"
#include "micromegas/dispatch.h"

namespace micromegas {

namespace {

// What somebody wants of the context.
struct Change {
    std::int64_t time;
    bool clears;
    std::string unset;
    Properties set;
    Change* next;
};

Arrivals<Change> changes;

// What the changes have led to.
struct History {
    std::mutex mutex;
    Properties properties;
    std::vector<context::Period> periods{{INT64_MIN, PropertySetRef()}};

    // With the lock: applies what has arrived.
    void catch_up();
};

History& contexts() {
    static History& contexts = *new History;
    return contexts;
}

void History::catch_up() {
    for (Change* change = changes.take(); change != nullptr;) {
        const std::unique_ptr<Change> taken(std::exchange(change, change->next));
        if (taken->clears) {
            properties.clear();
        }
        properties.erase(taken->unset);
        for (auto& [name, value] : taken->set) {
            properties[name] = std::move(value);
        }
        const PropertySet* present = periods.back().properties.get();
        if (properties != (present != nullptr ? present->properties() : Properties())) {
            // Of two changes at once the later one need not be the one that arrives later.
            const std::int64_t begin = std::max(taken->time, periods.back().begin);
            periods.push_back({begin, properties.empty() ? PropertySetRef() : PropertySetRef::find_or_create(properties)});
        }
    }
}

// Whoever changes the context never waits: if another is at the history just now, that one has not
// seen the change perhaps, but whoever looks at the history next applies it.
void change(bool clears, const std::string& unset, const Properties& set) {
    changes.push(new Change{now(), clears, unset, set, nullptr});
    const std::unique_lock<std::mutex> lock(contexts().mutex, std::try_to_lock);
    if (lock.owns_lock()) {
        contexts().catch_up();
    }
}

}  // namespace

std::vector<context::Period> context::history(std::int64_t horizon) {
    History& all = contexts();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.catch_up();
    std::size_t forgotten = 0;
    while (forgotten + 1 < all.periods.size() && all.periods[forgotten + 1].begin < horizon) {
        ++forgotten;
    }
    all.periods.erase(all.periods.begin(), all.periods.begin() + static_cast<std::ptrdiff_t>(forgotten));
    return all.periods;
}

void default_context::set(const std::string& name, const std::string& value) { change(false, {}, {{name, value}}); }

void default_context::set_batch(const Properties& properties) { change(false, {}, properties); }

void default_context::unset(const std::string& name) { change(false, name, {}); }

void default_context::clear() { change(true, {}, {}); }

Properties default_context::copy() {
    History& all = contexts();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.catch_up();
    return all.properties;
}

}  // namespace micromegas

#include "context.h"

#include <mutex>

#include "micromegas/clock.h"
#include "micromegas/dispatch.h"

namespace micromegas {

namespace {

struct History {
    std::mutex mutex;
    Properties properties;
    std::vector<context::Period> periods{{INT64_MIN, PropertySetRef()}};
};

History& contexts() {
    static History& contexts = *new History;
    return contexts;
}

template <class Change>
void change(Change apply) {
    History& all = contexts();
    const std::lock_guard<std::mutex> lock(all.mutex);
    apply(all.properties);
    auto set = all.properties.empty() ? PropertySetRef() : PropertySetRef::find_or_create(all.properties);
    if (set.get() != all.periods.back().properties.get()) {
        all.periods.push_back({now(), std::move(set)});
    }
}

}  // namespace

std::vector<context::Period> context::history(std::int64_t horizon) {
    History& all = contexts();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::size_t forgotten = 0;
    while (forgotten + 1 < all.periods.size() && all.periods[forgotten + 1].begin < horizon) {
        ++forgotten;
    }
    all.periods.erase(all.periods.begin(), all.periods.begin() + static_cast<std::ptrdiff_t>(forgotten));
    return all.periods;
}

void default_context::set(const std::string& name, const std::string& value) {
    change([&](Properties& properties) { properties[name] = value; });
}

void default_context::set_batch(const Properties& properties) {
    change([&](Properties& all) {
        for (const auto& [name, value] : properties) {
            all[name] = value;
        }
    });
}

void default_context::unset(const std::string& name) {
    change([&](Properties& properties) { properties.erase(name); });
}

void default_context::clear() {
    change([](Properties& properties) { properties.clear(); });
}

Properties default_context::copy() {
    const std::lock_guard<std::mutex> lock(contexts().mutex);
    return contexts().properties;
}

}  // namespace micromegas

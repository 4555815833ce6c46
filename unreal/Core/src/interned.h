// What callers describe at run time: made once and kept for the life of the process, because records
// refer to it.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace micromegas {

// Values by text. Any thread looks and adds, and none waits for another: nothing is ever removed.
template <class Value>
class Interned {
public:
    constexpr Interned() = default;

    // The value of this text; `make` is called with the text as it is kept, where there is none yet,
    // and returns a unique pointer. Of two threads that make one at once, both get the same.
    template <class Make>
    const Value& find_or_make(std::string_view text, Make make) {
        std::atomic<Node*>& bucket = buckets_[std::hash<std::string_view>()(text) % buckets_.size()];
        Node* newest = bucket.load(std::memory_order_acquire);
        if (const Node* known = find(newest, nullptr, text)) {
            return *known->value;
        }
        auto node = std::make_unique<Node>();
        node->text = text;
        node->value = make(std::as_const(node->text));
        for (;;) {
            node->next = newest;
            if (bucket.compare_exchange_weak(newest, node.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
                return *node.release()->value;
            }
            // Others came first, perhaps with the same.
            if (const Node* known = find(newest, node->next, text)) {
                return *known->value;
            }
        }
    }

private:
    struct Node {
        std::string text;
        std::unique_ptr<const Value> value;
        Node* next = nullptr;
    };

    static const Node* find(const Node* first, const Node* end, std::string_view text) {
        for (const Node* node = first; node != end; node = node->next) {
            if (node->text == text) {
                return node;
            }
        }
        return nullptr;
    }

    std::array<std::atomic<Node*>, 1024> buckets_{};
};

}  // namespace micromegas

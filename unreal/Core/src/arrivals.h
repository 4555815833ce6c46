// What many threads hand to one.
#pragma once

#include <atomic>

namespace micromegas {

// Nodes have a member `next`. Any thread pushes, and the one that takes takes all: so none waits, and
// no node is freed while somebody else looks at it.
template <class Node>
class Arrivals {
public:
    constexpr Arrivals() = default;

    void push(Node* node) {
        node->next = newest_.load(std::memory_order_relaxed);
        while (!newest_.compare_exchange_weak(node->next, node, std::memory_order_release, std::memory_order_relaxed)) {
        }
    }

    // What was pushed since the last time, linked in the order of its arrival.
    Node* take() {
        Node* node = newest_.exchange(nullptr, std::memory_order_acquire);
        Node* oldest = nullptr;
        while (node != nullptr) {
            Node* older = node->next;
            node->next = oldest;
            oldest = node;
            node = older;
        }
        return oldest;
    }

private:
    std::atomic<Node*> newest_{nullptr};
};

}  // namespace micromegas

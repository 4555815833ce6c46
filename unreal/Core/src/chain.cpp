#include "chain.h"

#include <algorithm>
#include <new>
#include <utility>

#include "pool.h"

namespace micromegas {

namespace {

void give_back(Link* link) {
    pool().give_back(const_cast<std::uint64_t*>(link->buffer.base()), link->buffer.capacity_words());
    delete link;
}

std::size_t rounded_up(std::size_t words) {
    std::size_t size = least_words;
    while (size < words) {
        size *= 2;
    }
    return size;
}

}  // namespace

Chain::~Chain() {
    for (Link* link = first_.load(); link != nullptr;) {
        give_back(std::exchange(link, link->next.load()));
    }
}

Buffer* Chain::renew(std::size_t room_words) {
    const std::size_t least = rounded_up(room_words);
    std::size_t wanted = least;
    if (last_ != nullptr) {
        const std::size_t words = last_->buffer.capacity_words();
        const std::size_t drained = last_->drained.load(std::memory_order_acquire);
        if (drained == last_->buffer.committed_words() && words >= room_words) {
            last_->skipped_events.store(std::exchange(lost_events_, 0), std::memory_order_relaxed);
            last_->buffer.reset();
            last_->drained.store(0, std::memory_order_release);
            return &last_->buffer;
        }
        // Twice the size if the buffer filled up between two visits of the flusher.
        wanted = std::max(least, drained == 0 ? std::min(2 * words, greatest_words) : words);
    }
    Link* link = append(least, wanted);
    return link != nullptr ? &link->buffer : nullptr;
}

Link* Chain::append(std::size_t least, std::size_t wanted) {
    std::uint64_t* base = pool().take(wanted);
    if (base == nullptr && wanted > least) {
        wanted = least;
        base = pool().take(wanted);
    }
    if (base == nullptr) {
        return nullptr;
    }
    Link* link = new (std::nothrow) Link(base, wanted, lost_events_);
    if (link == nullptr) {
        pool().give_back(base, wanted);
        return nullptr;
    }
    lost_events_ = 0;
    // Nothing more is written to the last link, and from here on the flusher may free it.
    (last_ != nullptr ? last_->next : first_).store(link, std::memory_order_release);
    last_ = link;
    return link;
}

void Chain::take(std::vector<Taken>& out) {
    for (Link* link = first_.load(std::memory_order_acquire); link != nullptr;) {
        // Before its words are counted: once there is a next link, this one grows no more, and else
        // what the next one holds must not be taken before the rest of this one.
        Link* next = link->next.load(std::memory_order_acquire);
        std::size_t drained = 0;
        std::size_t committed = 0;
        // The owner sets `drained` to zero after the position when it begins anew, so words that were
        // committed since are seen together with the zero.
        do {
            drained = link->drained.load(std::memory_order_acquire);
            committed = link->buffer.committed_words();
        } while (link->drained.load(std::memory_order_acquire) != drained);
        if (committed > drained) {
            out.emplace_back(*link, drained, committed, link->skipped_events.exchange(0, std::memory_order_relaxed));
        }
        link = next;
    }
}

void Chain::recycle(bool has_left) {
    for (Link* link = first_.load(std::memory_order_acquire); link != nullptr;) {
        Link* next = link->next.load(std::memory_order_acquire);
        const bool is_in_use = next == nullptr && !has_left;
        if (is_in_use || link->drained.load(std::memory_order_relaxed) != link->buffer.committed_words()) {
            return;
        }
        first_.store(next, std::memory_order_relaxed);
        give_back(std::exchange(link, next));
    }
}

}  // namespace micromegas

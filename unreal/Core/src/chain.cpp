#include "chain.h"

#include <algorithm>
#include <utility>

#include "pool.h"

namespace micromegas {

namespace {

void give_back(const Buffer& buffer) {
    pool().give_back(const_cast<std::uint64_t*>(buffer.base()), buffer.capacity_words());
}

std::size_t rounded_up(std::size_t words) {
    std::size_t size = least_words;
    while (size < words) {
        size *= 2;
    }
    return size;
}

}  // namespace

Taken::~Taken() {
    if (chain_ != nullptr) {
        chain_->drain(buffer_, to_);
    }
}

Chain::~Chain() {
    for (const Link& link : links_) {
        give_back(*link.buffer);
    }
}

Buffer* Chain::renew(std::size_t room_words) {
    const std::size_t least = rounded_up(room_words);
    const std::lock_guard<std::mutex> lock(mutex_);
    std::size_t wanted = least;
    if (!links_.empty()) {
        Link& last = links_.back();
        if (last.is_drained() && last.buffer->capacity_words() >= room_words) {
            last.buffer->reset();
            last.drained = 0;
            last.skipped_events = std::exchange(lost_events_, 0);
            return last.buffer.get();
        }
        // Twice the size if the buffer filled up between two visits of the flusher.
        const std::size_t words = last.buffer->capacity_words();
        wanted = std::max(least, last.drained == 0 ? std::min(2 * words, greatest_words) : words);
    }
    std::uint64_t* base = pool().take(wanted);
    if (base == nullptr && wanted > least) {
        wanted = least;
        base = pool().take(wanted);
    }
    if (base == nullptr) {
        return nullptr;
    }
    Link link;
    link.buffer = std::make_unique<Buffer>(base, wanted);
    link.skipped_events = std::exchange(lost_events_, 0);
    links_.push_back(std::move(link));
    return links_.back().buffer.get();
}

void Chain::count_lost() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++lost_events_;
}

void Chain::leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_left_ = true;
    recycle();
}

void Chain::take(const std::shared_ptr<Chain>& chain, std::vector<Taken>& out) {
    const std::lock_guard<std::mutex> lock(chain->mutex_);
    for (Link& link : chain->links_) {
        const std::size_t committed = link.buffer->committed_words();
        if (committed > link.drained) {
            ++link.readers;
            out.emplace_back(chain, link.buffer.get(), link.drained, committed,
                             std::exchange(link.skipped_events, 0));
        }
    }
}

bool Chain::is_finished() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return is_left_ && links_.empty();
}

void Chain::drain(const Buffer* buffer, std::size_t to) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Link& link : links_) {
        if (link.buffer.get() == buffer) {
            --link.readers;
            link.drained = to;
        }
    }
    recycle();
}

// Lets go of the buffers that the owner has left and the flusher has drained.
void Chain::recycle() {
    while (!links_.empty() && (is_left_ || links_.size() > 1) && links_.front().is_drained()) {
        give_back(*links_.front().buffer);
        links_.pop_front();
    }
}

}  // namespace micromegas

// What threads hand to each other without a lock, each alone and as fast as it goes, so that the
// moments that matter come about often.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "arrivals.h"
#include "chain.h"
#include "check.h"
#include "interned.h"
#include "pool.h"

namespace {

using namespace micromegas;

constexpr int thread_count = 3;

template <class Action>
void on_threads(Action action) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < thread_count; ++thread) {
        threads.emplace_back([=] { action(thread); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// Records of a chain: their number and how many words they have, then the number again. Buffers of
// different fills follow each other.
constexpr std::size_t record_words_max = least_words / 2;

std::size_t words_of(std::uint64_t number) { return record_words_max - number % 5 * 200; }

bool append(Buffer& buffer, std::uint64_t number) {
    const std::size_t count = words_of(number);
    std::uint64_t* words = buffer.open(count);
    if (words == nullptr) {
        return false;
    }
    words[0] = number;
    words[1] = words[count - 1] = ~number;
    buffer.publish(count);
    return true;
}

struct Received {
    std::uint64_t count = 0;
    std::uint64_t skipped = 0;
    bool is_in_order = true;
    bool is_whole = true;
};

// Everything the owner's chain has, of numbers that begin with 1 and grow.
void receive(Chain& chain, Received& all, std::uint64_t& last) {
    std::vector<Taken> taken;
    chain.take(taken);
    for (const Taken& run : taken) {
        all.skipped += run.skipped_events();
        std::uint64_t missing = run.skipped_events();
        for (const std::uint64_t* record = run.begin(); record < run.end(); record += words_of(last)) {
            all.is_in_order = all.is_in_order && record[0] == last + std::exchange(missing, 0) + 1;
            last = record[0];
            const std::size_t words = words_of(last);
            all.is_whole = all.is_whole && record[1] == ~last && record[words - 1] == ~last;
            ++all.count;
        }
    }
}

// An owner that records so many, and a reader that takes without a pause.
Received exchange_records(std::uint64_t record_count, std::uint64_t& lost) {
    Chain chain;
    std::atomic<bool> has_left{false};
    std::thread owner([&] {
        Buffer* buffer = chain.renew(record_words_max);
        for (std::uint64_t number = 1; number <= record_count; ++number) {
            if (buffer == nullptr || !append(*buffer, number)) {
                buffer = chain.renew(words_of(number));
                if (buffer == nullptr) {
                    chain.count_lost();
                    ++lost;
                } else {
                    append(*buffer, number);
                }
            }
            // Half of the time the reader is the faster one.
            if (number / 64 % 2 == 0) {
                for (volatile int turn = 0; turn < 1'000; turn = turn + 1) {
                }
            }
        }
        has_left.store(true, std::memory_order_release);
    });
    Received all;
    std::uint64_t last = 0;
    for (bool is_over = false; !is_over;) {
        is_over = has_left.load(std::memory_order_acquire);
        receive(chain, all, last);
        chain.recycle(is_over);
    }
    CHECK(chain.is_empty());
    owner.join();
    return all;
}

struct Node {
    int thread;
    int number;
    Node* next = nullptr;
};

}  // namespace

TEST(a_chain_hands_over_every_record_in_order_or_tells_where_some_are_missing) {
    for (const std::size_t buffers : {4, 64, 1024}) {
        pool().set_bound(0);
        pool().set_bound(pool().total_bytes() + buffers * least_words * sizeof(std::uint64_t));
        std::uint64_t lost = 0;
        constexpr std::uint64_t record_count = 80'000;
        const Received all = exchange_records(record_count, lost);
        CHECK(all.is_in_order);
        CHECK(all.is_whole);
        CHECK(all.skipped <= lost);
        CHECK_EQUAL(all.count + lost, record_count);
    }
}

TEST(memory_is_lent_to_one_at_a_time) {
    Pool own;
    constexpr std::size_t bound_words = 12 * least_words;
    own.set_bound(bound_words * sizeof(std::uint64_t));
    std::atomic<int> refused{0};
    on_threads([&](int thread) {
        std::vector<std::pair<std::uint64_t*, std::size_t>> lent;
        for (int turn = 0; turn < 100'000; ++turn) {
            const std::size_t words = least_words << (turn % 3);
            if (std::uint64_t* base = own.take(words)) {
                base[0] = base[words - 1] = static_cast<std::uint64_t>(thread);
                lent.emplace_back(base, words);
            } else {
                ++refused;
            }
            CHECK(own.total_bytes() <= bound_words * sizeof(std::uint64_t));
            if (lent.size() > 3 || words == 4 * least_words) {
                for (const auto& [base, size] : lent) {
                    CHECK_EQUAL(base[0], static_cast<std::uint64_t>(thread));
                    CHECK_EQUAL(base[size - 1], static_cast<std::uint64_t>(thread));
                    own.give_back(base, size);
                }
                lent.clear();
            }
        }
        for (const auto& [base, size] : lent) {
            own.give_back(base, size);
        }
    });
    CHECK(refused > 0);
    own.set_bound(0);
    CHECK_EQUAL(own.total_bytes(), 0u);
}

TEST(arrivals_are_complete_and_in_order) {
    Arrivals<Node> arrivals;
    constexpr int node_count = 100'000;
    std::atomic<int> playing{thread_count};
    int next_number[thread_count] = {};
    bool is_in_order = true;
    const auto take = [&] {
        for (Node* node = arrivals.take(); node != nullptr;) {
            const std::unique_ptr<Node> taken(std::exchange(node, node->next));
            is_in_order = is_in_order && taken->number == next_number[taken->thread]++;
        }
    };
    std::thread taker([&] {
        while (playing > 0) {
            take();
        }
    });
    on_threads([&](int thread) {
        for (int number = 0; number < node_count; ++number) {
            arrivals.push(new Node{thread, number});
        }
        --playing;
    });
    taker.join();
    take();
    CHECK(is_in_order);
    for (const int number : next_number) {
        CHECK_EQUAL(number, node_count);
    }
}

TEST(what_is_interned_is_made_once) {
    constexpr int text_count = 20'000;
    static Interned<std::string> texts;
    std::vector<const std::string*> found[thread_count];
    on_threads([&](int thread) {
        for (int number = 0; number < text_count; ++number) {
            const std::string text = "text " + std::to_string(number);
            found[thread].push_back(
                &texts.find_or_make(text, [](const std::string& own) { return std::make_unique<std::string>(own); }));
            CHECK_EQUAL(*found[thread].back(), text);
        }
    });
    CHECK(found[0] == found[1]);
    CHECK(found[0] == found[2]);
}

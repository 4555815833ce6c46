// How others reach the flusher: flags and one semaphore, so that also the handler of a crash may.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "micromegas/recording.h"

namespace micromegas::wake {

using Clock = std::chrono::steady_clock;

// An entry that must not wait was recorded.
void urgent();
// Buffers take up much of their bound, and one of this kind has just become full.
void drain(Kind kind);

// Asks for everything recorded so far to be handed over; returns the request's number.
std::uint64_t ask_flush();
// Waits without a lock; false if the request is not answered by the deadline.
bool wait_for(std::uint64_t request, Clock::time_point deadline);
// Asks the flusher to hand everything over and to end.
void ask_stop();

// What the flusher is asked to do.
struct Asked {
    bool is_urgent = false;
    bool drain[kind_count] = {};
    std::uint64_t flush = 0;
    bool is_stop = false;
};

// For the flusher: sleeps until it is asked for something, or until then.
void sleep_until(Clock::time_point time);
Asked take_asked();
void answer(std::uint64_t request);
// Forgets all requests, before another flusher starts.
void reset();

}  // namespace micromegas::wake

// What the signals of a crash lead to.

#include "micromegas/dispatch.h"

#if defined(__unix__) || defined(__APPLE__)

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "micromegas/macros.h"

namespace micromegas::dispatch {

namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t signal_count = sizeof signals / sizeof signals[0];
constexpr std::size_t stack_bytes = 64 * 1024;
// Longer than that nobody waits for a server while a program crashes.
constexpr std::chrono::milliseconds patience{2'000};

struct sigaction previous[signal_count];
std::atomic<bool> is_crashing{false};

const char* name_of(int signal) {
    switch (signal) {
        case SIGSEGV:
            return "crash: invalid memory access (SIGSEGV)";
        case SIGBUS:
            return "crash: bus error (SIGBUS)";
        case SIGILL:
            return "crash: illegal instruction (SIGILL)";
        case SIGFPE:
            return "crash: arithmetic error (SIGFPE)";
        default:
            return "crash: abort (SIGABRT)";
    }
}

void on_crash(int signal) {
    if (!is_crashing.exchange(true)) {
        // A record that the crash interrupted was not committed: this one takes its place.
        MICROMEGAS_LOG("crash", LogLevel::Fatal, name_of(signal));
        flush_in_crash(patience);
    }
    for (std::size_t index = 0; index < signal_count; ++index) {
        if (signals[index] == signal) {
            sigaction(signal, &previous[index], nullptr);
        }
    }
    // Returning repeats the faulty instruction, and whoever was here before handles it.
    if (signal == SIGABRT) {
        raise(signal);
    }
}

}  // namespace

void install_crash_handler() {
    // Of this thread: a stack that overflowed has no room for the handler.
    static stack_t stack{};
    stack.ss_sp = std::malloc(stack_bytes);
    stack.ss_size = stack_bytes;
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (std::size_t index = 0; index < signal_count; ++index) {
        sigaction(signals[index], &action, &previous[index]);
    }
}

}  // namespace micromegas::dispatch

#endif

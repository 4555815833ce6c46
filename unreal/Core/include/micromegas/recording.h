// The path of an event that finds room, and the door to the one that does not.
//
// A record is whole 64-bit words. The first is the address of a static descriptor with the kind of
// the record in its low four bits, the second the time.
//
//   buffer   tag   record                        words after the time
//   spans    0, 1  begin, end of a span          -
//   spans    2, 3  begin, end of a named span    name
//   metrics  0, 1  integer, float                value
//   metrics  2, 3  the same with properties      value, property set
//   logs     0     entry of a call site          property set, text head, text
//   logs     1     entry of another origin       property set, text head, target, text
//   net      0-6   see net.h                     as said there
//
// A text head is the length in bytes, shifted by the codec at bit 32 and a level at bit 40. This
// form never leaves the process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "micromegas/buffer.h"
#include "micromegas/clock.h"
#include "micromegas/export.h"

#if defined(_MSC_VER)
#define MICROMEGAS_COLD __declspec(noinline)
#define MICROMEGAS_UNLIKELY(condition) (condition)
#else
#define MICROMEGAS_COLD __attribute__((cold, noinline))
#define MICROMEGAS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#endif

namespace micromegas {

// What the events of a buffer are.
enum class Kind : std::uint8_t { Spans, Metrics, Logs, Net };
inline constexpr std::size_t kind_count = 4;

namespace detail {

inline Buffer without_room;

// What a thread knows about its own recording: constant initial values and no destructor, so it
// may be reached at any moment of a thread's life.
struct Cursors {
    Buffer* current[kind_count] = {&without_room, &without_room, &without_room, &without_room};
    // The thread is renewing a buffer.
    bool is_busy = false;
    // The thread's other thread-locals are gone.
    bool has_ended = false;
    std::uint32_t thread_number = 0;
};

#if defined(MICROMEGAS_SHARED)
// Libraries that are loaded at run time each have their own thread-locals, so there the one that
// holds the core is asked.
MICROMEGAS_API Cursors& cursors();
#else
inline thread_local Cursors thread_cursors;
inline Cursors& cursors() { return thread_cursors; }
#endif

// Records one event that found no room; false if it was not recorded.
MICROMEGAS_API MICROMEGAS_COLD bool record_cold(Kind kind, const std::uint64_t* words, std::size_t count);
// Sees to it that the current buffer has room for that many words; false if there is none.
MICROMEGAS_API MICROMEGAS_COLD bool make_room(Kind kind, std::size_t words);

template <class Descriptor>
MICROMEGAS_INLINE std::uint64_t head(const Descriptor& descriptor, unsigned tag) {
    static_assert(alignof(Descriptor) >= 16, "the low four bits are the tag");
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&descriptor)) + tag;
}

// Records one event of `count` words; false if it was not recorded.
template <std::size_t count, class Write>
MICROMEGAS_INLINE bool record(Kind kind, Write write) {
    if (MICROMEGAS_UNLIKELY(!cursors().current[static_cast<std::size_t>(kind)]->append<count>(write))) {
        std::uint64_t words[count];
        write(words);
        return record_cold(kind, words, count);
    }
    return true;
}

}  // namespace detail
}  // namespace micromegas

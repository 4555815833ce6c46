// The spans that are open at a point of a thread's stream.
#pragma once

#include <cstdint>
#include <vector>

#include "dependencies.h"
#include "micromegas/sink.h"

namespace micromegas {

// An end closes the innermost open span with its descriptor, and with it those inside. After lost
// events, spans that were open before may have ended unseen: the stack is not known until an event
// proves all of them closed. Named spans take part, but a block cannot carry them, because the
// header of a planar block has no place for their names: while one is open, the stack is not told.
class OpenSpans {
public:
    void begin(std::int64_t event_id, std::uint64_t descriptor, bool is_named, std::int64_t time);
    void end(std::uint64_t descriptor);
    // Events were lost here.
    void lose_track() { uncertain_ = stack_.size(); }
    // The stack as a block carries it, whose dependencies will hold the descriptors; false if it is
    // not known.
    bool carry(Dependencies& dependencies, std::vector<CarriedSpan>& out) const;

private:
    struct OpenSpan {
        std::int64_t event_id;
        // The address of its descriptor.
        std::uint64_t descriptor;
        std::int64_t begin;
        bool is_named;
    };

    std::vector<OpenSpan> stack_;
    // How many of the outermost may have ended unseen.
    std::size_t uncertain_ = 0;
    std::size_t named_ = 0;
    bool is_given_up_ = false;
};

}  // namespace micromegas

// The default context as it was at any time that still matters.
//
// Recording does not look at it: the flusher gives each event the context of the event's time.
#pragma once

#include <cstdint>
#include <vector>

#include "micromegas/property_set.h"

namespace micromegas::context {

struct Period {
    // From here on, until the next one begins.
    std::int64_t begin;
    PropertySetRef properties;
};

// The contexts, oldest first, at least one. What was replaced before `horizon` and is not valid
// after it is forgotten.
std::vector<Period> history(std::int64_t horizon);

}  // namespace micromegas::context

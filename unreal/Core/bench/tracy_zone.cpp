// A zone of Tracy: begin and end, as our spans are measured.

#include "tracy/Tracy.hpp"

__attribute__((noinline)) void tracy_zone() {
    ZoneScopedN("span");
    asm volatile("" ::: "memory");
}

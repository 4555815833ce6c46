// Images that wait for the flusher: any thread adds to them, and none waits for another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "micromegas/sink.h"
#include "micromegas/text.h"
#include "streams.h"

namespace micromegas::images {

void set_bound(std::size_t bytes);
bool push(TextView name, TextView format, const void* data, std::size_t byte_count);
// Hands all over, each as a block of its own.
void flush(Stream& stream, Outlet& outlet);
void discard();

}  // namespace micromegas::images

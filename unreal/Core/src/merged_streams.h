// Streams of the whole process: the threads' runs of log entries, or of samples, merged by time.
#pragma once

#include "streams.h"

namespace micromegas {

// Hands everything recorded so far to the sink.
void flush_logs(Stream& stream, Outlet& outlet);
void flush_metrics(Stream& stream, Outlet& outlet);

}  // namespace micromegas

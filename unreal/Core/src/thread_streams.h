// Streams of threads: one for the spans of each, and one for what each sends and receives.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "open_spans.h"
#include "streams.h"
#include "threads.h"

namespace micromegas {

class ThreadStreams {
public:
    // Hands everything recorded so far to the sink.
    void flush_spans(Outlet& outlet);
    void flush_net(Outlet& outlet);

private:
    struct SpanStream {
        Stream stream;
        OpenSpans open;
    };

    template <class Streams, class Make, class Deliver>
    void flush(Kind kind, Outlet& outlet, Streams& streams, Make make, Deliver deliver);
    void forget_finished();

    // By the threads' numbers.
    std::map<std::uint32_t, SpanStream> spans_;
    std::map<std::uint32_t, Stream> net_;
    // The threads that ended last; the destructors of their thread-locals may still record.
    std::vector<std::uint32_t> ended_;
};

}  // namespace micromegas

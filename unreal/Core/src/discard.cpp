#include "discard.h"

#include "images.h"
#include "records.h"
#include "threads.h"

namespace micromegas {

namespace {

template <class Use>
void discard(Kind kind, Use use) {
    for (const LateRun& run : threads::take_late(kind)) {
        use(run.words.data(), run.words.data() + run.words.size());
    }
    for (RecordingThread* thread : threads::list()) {
        std::vector<Taken> taken;
        thread->chain(kind).take(taken);
        for (const Taken& run : taken) {
            use(run.begin(), run.end());
        }
    }
}

}  // namespace

void discard_leftovers() {
    images::discard();
    discard(Kind::Logs, [](const std::uint64_t* words, const std::uint64_t* end) {
        for (; words < end; words += records::log_words(words)) {
            PropertySetRef::take_back(records::log_set(words));
        }
    });
    discard(Kind::Metrics, [](const std::uint64_t* words, const std::uint64_t* end) {
        for (; words < end; words += records::metric_words(words)) {
            PropertySetRef::take_back(records::metric_set(words));
        }
    });
    for (const Kind kind : {Kind::Spans, Kind::Net}) {
        discard(kind, [](const std::uint64_t*, const std::uint64_t*) {});
    }
    threads::forget_finished();
}

}  // namespace micromegas

// A sink that keeps what it is given, and what it says is delivered.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "micromegas/sink.h"

namespace test {

struct Kept {
    micromegas::StreamInfo stream;
    micromegas::EventBlock block;
};

class MemorySink final : public micromegas::EventSink {
public:
    void on_process(const micromegas::ProcessInfo&) override {}
    void on_stream(const std::shared_ptr<const micromegas::StreamInfo>&) override {}
    void on_block(const std::shared_ptr<const micromegas::StreamInfo>& stream, micromegas::EventBlock block) override {
        const std::lock_guard<std::mutex> lock(mutex_);
        kept_.push_back({*stream, std::move(block)});
    }
    bool wait_for_delivery(micromegas::Deadline) override { return true; }
    void on_shutdown(micromegas::Deadline) override {}

    std::vector<Kept> kept(const std::string& tag) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::vector<Kept> found;
        for (const Kept& one : kept_) {
            if (one.stream.tag == tag) {
                found.push_back(one);
            }
        }
        return found;
    }
    int event_count(const std::string& tag) const {
        int count = 0;
        for (const Kept& one : kept(tag)) {
            count += one.block.event_count;
        }
        return count;
    }
    bool contains(const std::string& tag, const std::string& bytes) const {
        for (const Kept& one : kept(tag)) {
            for (const auto* part : {&one.block.dependencies, &one.block.objects}) {
                if (std::string(part->begin(), part->end()).find(bytes) != std::string::npos) {
                    return true;
                }
            }
        }
        return false;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Kept> kept_;
};

}  // namespace test

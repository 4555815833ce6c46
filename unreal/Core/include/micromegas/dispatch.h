// The recording of the process: one at a time, started and shut down by the host.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "micromegas/level.h"
#include "micromegas/property_set.h"
#include "micromegas/sink.h"
#include "micromegas/text.h"

namespace micromegas {

struct Config {
    LogLevel level_max = LogLevel::Debug;
    // Errors and worse do not wait for the period.
    std::chrono::milliseconds log_period{1'000};
    std::chrono::milliseconds metric_period{1'000};
    std::chrono::milliseconds span_period{5'000};
    // Bound of all buffers together; what finds no room is counted, and told by the next block.
    std::size_t buffer_bytes_max = 64 * 1024 * 1024;
    std::size_t image_bytes_max = 64 * 1024 * 1024;
    std::string parent_process_id;
    Properties process_properties;
    // Names the calling thread; without it the system is asked.
    std::string (*thread_name)() = nullptr;
};

namespace dispatch {

// Starts recording; false if it runs already. After a shutdown it may be started again.
bool start(const Config& config, std::shared_ptr<EventSink> sink);
bool is_running();
// Hands over everything recorded so far, by all threads, and waits for its delivery.
bool flush(std::chrono::milliseconds patience);
// The same without waiting.
void flush_soon();
void shutdown(std::chrono::milliseconds patience);
void set_period(std::chrono::milliseconds period);
// Describes the process that is being recorded.
std::optional<ProcessInfo> process();
// An image, or any other file, at the present time; false if there is no room for it.
bool send_image(TextView name, TextView format, const void* data, std::size_t byte_count);

// Events that were lost because there was no room, since the program began.
std::uint64_t lost_events();

// In the handler of a crash: waits until what all threads committed is delivered, without a lock
// that the crashed thread might hold.
void flush_in_crash(std::chrono::milliseconds patience);
#if defined(__unix__) || defined(__APPLE__)
// Handles the signals of crashes: a Fatal entry, then flush_in_crash, then what was there before.
void install_crash_handler();
#endif

}  // namespace dispatch

// Properties of every log entry and every sample from now on. A property of the event itself of
// the same name beats it.
namespace default_context {

void set(const std::string& name, const std::string& value);
void set_batch(const Properties& properties);
void unset(const std::string& name);
void clear();
Properties copy();

}  // namespace default_context
}  // namespace micromegas

#include "micromegas/micromegas_c.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "micromegas/curl_sink.h"
#include "micromegas/micromegas.h"

struct MmHandle {
    std::atomic<bool> is_running{false};
};

struct MmProperties {
    micromegas::PropertySetRef set;
};

struct MmMetric {
    micromegas::MetricMetadata metadata;
};

struct MmSpan {
    micromegas::SpanMetadata metadata;
};

namespace {

using namespace micromegas;

constexpr char default_target[] = "capi";
constexpr char default_file[] = "micromegas_c";

MmHandle the_handle;

// What callers describe at run time is kept for the life of the process: records refer to it.
struct Known {
    std::mutex mutex;
    std::map<std::string, std::string*> texts;
    std::map<std::tuple<std::string, std::string, std::string>, MmMetric*> metrics;
    std::map<std::tuple<std::string, std::string, std::string, unsigned>, MmSpan*> spans;

    const std::string& text(const char* text) {
        std::string*& known = texts[text];
        if (known == nullptr) {
            known = new std::string(text);
        }
        return *known;
    }
};

Known& known() {
    static Known& known = *new Known;
    return known;
}

const char* text_or(const char* text, const char* other) { return text != nullptr ? text : other; }

Properties properties_of(const char* const* keys, const char* const* values, unsigned count) {
    Properties properties;
    for (unsigned index = 0; index < count; ++index) {
        if (keys[index] != nullptr && values[index] != nullptr) {
            properties[keys[index]] = values[index];
        }
    }
    return properties;
}

}  // namespace

extern "C" {

MmHandle* mm_init(const MmConfig* config) {
    if (config == nullptr || config->sink_url == nullptr || config->sink_url[0] == 0) {
        return nullptr;
    }
    DeliveryOptions delivery;
    delivery.url = config->sink_url;
    CurlOptions curl;
    if (config->api_key != nullptr) {
        curl.headers.push_back(std::string("Authorization: Bearer ") + config->api_key);
    }
    Config recording;
    recording.level_max = LogLevel::Trace;
    recording.process_properties =
        properties_of(config->property_keys, config->property_values, config->property_count);
    if (the_handle.is_running.exchange(true)) {
        return nullptr;
    }
    if (!dispatch::start(recording, curl_sink(delivery, curl))) {
        the_handle.is_running = false;
        return nullptr;
    }
    return &the_handle;
}

void mm_shutdown(MmHandle* handle) {
    if (handle != nullptr && handle->is_running) {
        dispatch::shutdown(std::chrono::seconds(5));
        handle->is_running = false;
    }
}

int mm_flush(MmHandle*, unsigned int timeout_ms) {
    return dispatch::flush(std::chrono::milliseconds(timeout_ms)) ? 1 : 0;
}

void mm_log_properties(MmHandle*, int level, const char* target, const MmProperties* properties,
                       const char* message) {
    if (level < MM_LEVEL_FATAL || level > MM_LEVEL_TRACE || message == nullptr) {
        return;
    }
    const char* kept = nullptr;
    {
        const std::lock_guard<std::mutex> lock(known().mutex);
        kept = known().text(text_or(target, default_target)).c_str();
    }
    log_from(static_cast<LogLevel>(level), kept, text_of(message),
             properties != nullptr ? properties->set : PropertySetRef());
}

void mm_log(MmHandle* handle, int level, const char* target, const char* message) {
    mm_log_properties(handle, level, target, nullptr, message);
}

const MmMetric* mm_metric(const char* target, const char* name, const char* unit) {
    const std::lock_guard<std::mutex> lock(known().mutex);
    const std::string& kept_target = known().text(text_or(target, default_target));
    const std::string& kept_name = known().text(text_or(name, ""));
    const std::string& kept_unit = known().text(text_or(unit, ""));
    MmMetric*& metric = known().metrics[{kept_target, kept_name, kept_unit}];
    if (metric == nullptr) {
        const CallSite site{text_of(kept_target), literal(default_file), 0};
        metric = new MmMetric{MetricMetadata(Verbosity::Min, text_of(kept_name), text_of(kept_unit), site)};
    }
    return metric;
}

void mm_metric_record_i(const MmMetric* metric, uint64_t value) { integer_metric(metric->metadata, value); }

void mm_metric_record_f(const MmMetric* metric, double value) { float_metric(metric->metadata, value); }

void mm_metric_i(MmHandle*, const char* name, const char* unit, uint64_t value) {
    mm_metric_record_i(mm_metric(nullptr, name, unit), value);
}

void mm_metric_f(MmHandle*, const char* name, const char* unit, double value) {
    mm_metric_record_f(mm_metric(nullptr, name, unit), value);
}

const MmSpan* mm_span(const char* target, const char* name, const char* file, unsigned int line) {
    const std::lock_guard<std::mutex> lock(known().mutex);
    const std::string& kept_target = known().text(text_or(target, default_target));
    const std::string& kept_name = known().text(text_or(name, ""));
    const std::string& kept_file = known().text(text_or(file, default_file));
    MmSpan*& span = known().spans[{kept_target, kept_name, kept_file, line}];
    if (span == nullptr) {
        const CallSite site{text_of(kept_target), text_of(kept_file), line};
        span = new MmSpan{SpanMetadata(text_of(kept_name), site)};
    }
    return span;
}

const MmSpan* mm_span_begin(const MmSpan* span) {
    const bool is_recorded = span != nullptr && detail::record_span(span->metadata, detail::begin_span_tag);
    return is_recorded ? span : nullptr;
}

void mm_span_end(const MmSpan* begun) {
    if (begun != nullptr) {
        detail::record_span(begun->metadata, detail::end_span_tag);
    }
}

MmProperties* mm_properties(const char* const* keys, const char* const* values, unsigned int count) {
    return new MmProperties{PropertySetRef::find_or_create(properties_of(keys, values, count))};
}

void mm_properties_free(MmProperties* properties) { delete properties; }

void mm_context_set(const char* key, const char* value) {
    if (key != nullptr && value != nullptr) {
        default_context::set(key, value);
    } else if (key != nullptr) {
        default_context::unset(key);
    }
}

int mm_image(MmHandle*, const char* name, const char* format, const void* data, size_t size) {
    return dispatch::send_image(text_of(name), text_of(format), data, size) ? 1 : 0;
}

}  // extern "C"

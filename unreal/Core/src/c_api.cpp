#include "micromegas/micromegas_c.h"

#include <atomic>
#include <memory>
#include <string>

#include "interned.h"
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

// What callers describe at run time.
Interned<std::string> texts;
Interned<MmMetric> metrics;
Interned<MmSpan> spans;

const std::string& kept(const char* text) {
    return texts.find_or_make(text, [](const std::string& own) { return std::make_unique<std::string>(own); });
}

// Texts of C hold no null character, so one parts them.
std::string joined(const char* first, const char* second, const std::string& third) {
    return std::string(first) + '\0' + second + '\0' + third;
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
    log_from(static_cast<LogLevel>(level), kept(text_or(target, default_target)).c_str(), text_of(message),
             properties != nullptr ? properties->set : PropertySetRef());
}

void mm_log(MmHandle* handle, int level, const char* target, const char* message) {
    mm_log_properties(handle, level, target, nullptr, message);
}

const MmMetric* mm_metric(const char* target, const char* name, const char* unit) {
    const char* of = text_or(target, default_target);
    name = text_or(name, "");
    unit = text_or(unit, "");
    return &metrics.find_or_make(joined(of, name, unit), [&](const std::string&) {
        const CallSite site{text_of(kept(of)), literal(default_file), 0};
        const MetricMetadata metadata(Verbosity::Min, text_of(kept(name)), text_of(kept(unit)), site);
        return std::unique_ptr<MmMetric>(new MmMetric{metadata});
    });
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
    const char* of = text_or(target, default_target);
    name = text_or(name, "");
    file = text_or(file, default_file);
    const std::string place = std::string(file) + '\0' + std::to_string(line);
    return &spans.find_or_make(joined(of, name, place), [&](const std::string&) {
        const CallSite site{text_of(kept(of)), text_of(kept(file)), line};
        return std::unique_ptr<MmSpan>(new MmSpan{SpanMetadata(text_of(kept(name)), site)});
    });
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

/* Recording and delivery for other languages.
 *
 * Strings are UTF-8 and end with a null character. All functions may be called by any thread; those
 * that record do nothing before mm_init and after mm_shutdown. */
#ifndef MICROMEGAS_C_H
#define MICROMEGAS_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MM_LEVEL_FATAL 1
#define MM_LEVEL_ERROR 2
#define MM_LEVEL_WARN 3
#define MM_LEVEL_INFO 4
#define MM_LEVEL_DEBUG 5
#define MM_LEVEL_TRACE 6

typedef struct MmHandle MmHandle;
/* A set of properties, a metric, and a span's descriptor; the latter two live as long as the
 * process. */
typedef struct MmProperties MmProperties;
typedef struct MmMetric MmMetric;
typedef struct MmSpan MmSpan;

typedef struct MmConfig {
    /* Base URL of the server, with or without a slash at its end. */
    const char* sink_url;
    /* Properties of the process. */
    const char* const* property_keys;
    const char* const* property_values;
    unsigned int property_count;
    /* Sent as a bearer token; may be NULL. */
    const char* api_key;
} MmConfig;

/* Begins to record; NULL if it is done already, or if there is no URL. */
MmHandle* mm_init(const MmConfig* config);
/* Delivers what was recorded, for five seconds at most, and ends. */
void mm_shutdown(MmHandle* handle);
/* Delivers what was recorded; 0 if that took longer. */
int mm_flush(MmHandle* handle, unsigned int timeout_ms);

/* A NULL target is "capi". Properties may be NULL. */
void mm_log(MmHandle* handle, int level, const char* target, const char* message);
void mm_log_properties(MmHandle* handle, int level, const char* target, const MmProperties* properties,
                       const char* message);

/* Finds a metric or makes it known. */
const MmMetric* mm_metric(const char* target, const char* name, const char* unit);
void mm_metric_record_i(const MmMetric* metric, uint64_t value);
void mm_metric_record_f(const MmMetric* metric, double value);
/* The same in one call, which looks the metric up. */
void mm_metric_i(MmHandle* handle, const char* name, const char* unit, uint64_t value);
void mm_metric_f(MmHandle* handle, const char* name, const char* unit, double value);

/* Finds a span's descriptor or makes it known. */
const MmSpan* mm_span(const char* target, const char* name, const char* file, unsigned int line);
/* Returns what mm_span_end takes; spans of a thread end in the reverse order of their begins. */
const MmSpan* mm_span_begin(const MmSpan* span);
void mm_span_end(const MmSpan* begun);

MmProperties* mm_properties(const char* const* keys, const char* const* values, unsigned int count);
void mm_properties_free(MmProperties* properties);
/* Properties of all entries and samples from now on; a NULL value removes one. */
void mm_context_set(const char* key, const char* value);

/* 0 if there was no room. */
int mm_image(MmHandle* handle, const char* name, const char* format, const void* data, size_t size);

#ifdef __cplusplus
}
#endif

#endif

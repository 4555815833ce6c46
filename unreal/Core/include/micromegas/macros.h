// The macros of call sites. Each keeps its descriptor in a static object that needs no
// initialisation, and vanishes where MICROMEGAS_TRACING_ENABLED is 0.
#pragma once

#include "micromegas/log.h"
#include "micromegas/metric.h"
#include "micromegas/net.h"
#include "micromegas/span.h"

#ifndef MICROMEGAS_TRACING_ENABLED
#define MICROMEGAS_TRACING_ENABLED 1
#endif
#ifndef MICROMEGAS_NET_TRACE_ENABLED
#define MICROMEGAS_NET_TRACE_ENABLED MICROMEGAS_TRACING_ENABLED
#endif

#define MICROMEGAS_JOIN_(a, b) a##b
#define MICROMEGAS_JOIN(a, b) MICROMEGAS_JOIN_(a, b)
#define MICROMEGAS_UNIQUE(name) MICROMEGAS_JOIN(name, __LINE__)

// Refuses, at compile time, an object that would need code to run before its first use.
#if defined(__clang__)
#define MICROMEGAS_CONSTANT [[clang::require_constant_initialization]]
#else
#define MICROMEGAS_CONSTANT
#endif

#define MICROMEGAS_SITE(target)                                     \
    ::micromegas::CallSite {                                        \
        ::micromegas::literal(target), ::micromegas::literal(__FILE__), __LINE__ \
    }

#if MICROMEGAS_TRACING_ENABLED

#define MICROMEGAS_SPAN_SCOPE(target, name)                                                \
    MICROMEGAS_CONSTANT static const ::micromegas::SpanMetadata MICROMEGAS_UNIQUE(mm_span)( \
        ::micromegas::literal(name), MICROMEGAS_SITE(target));                             \
    const ::micromegas::SpanGuard MICROMEGAS_UNIQUE(mm_guard)(MICROMEGAS_UNIQUE(mm_span))

#define MICROMEGAS_SPAN_FUNCTION(target) MICROMEGAS_SPAN_SCOPE(target, __FUNCTION__)

#define MICROMEGAS_SPAN_NAME(target, name) MICROMEGAS_SPAN_NAME_CONDITIONAL(target, true, name)

#define MICROMEGAS_SPAN_NAME_CONDITIONAL(target, condition, name)                                  \
    using MICROMEGAS_UNIQUE(mm_name) = ::micromegas::NameWords<std::decay_t<decltype(name)>>;      \
    MICROMEGAS_CONSTANT static const ::micromegas::SpanLocation MICROMEGAS_UNIQUE(mm_location)(    \
        MICROMEGAS_SITE(target), &MICROMEGAS_UNIQUE(mm_name)::append);                             \
    const bool MICROMEGAS_UNIQUE(mm_is_on) = (condition);                                          \
    const ::micromegas::NamedSpanGuard MICROMEGAS_UNIQUE(mm_guard)(                                \
        MICROMEGAS_UNIQUE(mm_is_on) ? &MICROMEGAS_UNIQUE(mm_location) : nullptr,                   \
        MICROMEGAS_UNIQUE(mm_is_on) ? MICROMEGAS_UNIQUE(mm_name)::word(name) : 0)

#define MICROMEGAS_LOG(target, level, message)                                                    \
    do {                                                                                          \
        MICROMEGAS_CONSTANT static const ::micromegas::LogMetadata mm_log(                        \
            level, ::micromegas::TextView(), MICROMEGAS_SITE(target));                            \
        if (::micromegas::is_log_enabled(level)) {                                                \
            using ::micromegas::text_of;                                                          \
            ::micromegas::log(mm_log, text_of(message));                                          \
        }                                                                                         \
    } while (false)

#define MICROMEGAS_LOG_PROPERTIES(target, level, properties, message)                             \
    do {                                                                                          \
        MICROMEGAS_CONSTANT static const ::micromegas::LogMetadata mm_log(                        \
            level, ::micromegas::TextView(), MICROMEGAS_SITE(target));                            \
        if (::micromegas::is_log_enabled(level)) {                                                \
            using ::micromegas::text_of;                                                          \
            ::micromegas::log(mm_log, text_of(message), properties);                              \
        }                                                                                         \
    } while (false)

#define MICROMEGAS_METRIC_(function, target, verbosity, name, unit, value)                        \
    do {                                                                                          \
        MICROMEGAS_CONSTANT static const ::micromegas::MetricMetadata mm_metric(                  \
            verbosity, ::micromegas::literal(name), ::micromegas::literal(unit),                  \
            MICROMEGAS_SITE(target));                                                             \
        ::micromegas::function(mm_metric, value);                                                 \
    } while (false)

#define MICROMEGAS_IMETRIC(target, verbosity, name, unit, value) \
    MICROMEGAS_METRIC_(integer_metric, target, verbosity, name, unit, static_cast<std::uint64_t>(value))

#define MICROMEGAS_FMETRIC(target, verbosity, name, unit, value) \
    MICROMEGAS_METRIC_(float_metric, target, verbosity, name, unit, static_cast<double>(value))

#else

#define MICROMEGAS_SPAN_SCOPE(target, name)
#define MICROMEGAS_SPAN_FUNCTION(target)
#define MICROMEGAS_SPAN_NAME(target, name)
#define MICROMEGAS_SPAN_NAME_CONDITIONAL(target, condition, name)
#define MICROMEGAS_LOG(target, level, message) \
    do {                                       \
    } while (false)
#define MICROMEGAS_LOG_PROPERTIES(target, level, properties, message) \
    do {                                                              \
    } while (false)
#define MICROMEGAS_IMETRIC(target, verbosity, name, unit, value) \
    do {                                                         \
    } while (false)
#define MICROMEGAS_FMETRIC(target, verbosity, name, unit, value) \
    do {                                                         \
    } while (false)

#endif

#if MICROMEGAS_NET_TRACE_ENABLED

// `bits` below is an expression: how far the packet is written or read. A scope's size is by how
// much that grows while the scope lives.
#define MICROMEGAS_NET_CONNECTION_SCOPE(name, is_outgoing) \
    const ::micromegas::net::ConnectionGuard MICROMEGAS_UNIQUE(mm_net)(name, is_outgoing)

#define MICROMEGAS_NET_GUARD_(guard, scope, name, bits)                                           \
    const auto MICROMEGAS_UNIQUE(mm_bits) = [&] { return static_cast<std::uint64_t>(bits); };     \
    const ::micromegas::net::guard<decltype(MICROMEGAS_UNIQUE(mm_bits))> MICROMEGAS_UNIQUE(mm_net)( \
        ::micromegas::net::Scope::scope, name, MICROMEGAS_UNIQUE(mm_bits))

#define MICROMEGAS_NET_OBJECT_SCOPE(name, bits) MICROMEGAS_NET_GUARD_(Guard, Object, name, bits)
#define MICROMEGAS_NET_PROPERTY_SCOPE(name, bits) MICROMEGAS_NET_GUARD_(Guard, Property, name, bits)
#define MICROMEGAS_NET_RPC_SCOPE(name, bits) MICROMEGAS_NET_GUARD_(Guard, Rpc, name, bits)
// Here `bits` is the size itself, read when the scope ends.
#define MICROMEGAS_NET_OBJECT_SIZE_SCOPE(name, bits) MICROMEGAS_NET_GUARD_(SizeGuard, Object, name, bits)
// These are no scopes: the object, or property, has this size and nothing inside.
#define MICROMEGAS_NET_OBJECT_EVENT(name, bits) ::micromegas::net::object_event(name, bits)
#define MICROMEGAS_NET_PROPERTY(name, bits) ::micromegas::net::property_event(name, bits)
// While this lives, the thread records no net events.
#define MICROMEGAS_NET_SUSPEND_SCOPE() const ::micromegas::net::SuspendGuard MICROMEGAS_UNIQUE(mm_net)

#else

#define MICROMEGAS_NET_CONNECTION_SCOPE(name, is_outgoing)
#define MICROMEGAS_NET_OBJECT_SCOPE(name, bits)
#define MICROMEGAS_NET_PROPERTY_SCOPE(name, bits)
#define MICROMEGAS_NET_RPC_SCOPE(name, bits)
#define MICROMEGAS_NET_OBJECT_SIZE_SCOPE(name, bits)
#define MICROMEGAS_NET_OBJECT_EVENT(name, bits) \
    do {                                        \
    } while (false)
#define MICROMEGAS_NET_PROPERTY(name, bits) \
    do {                                    \
    } while (false)
#define MICROMEGAS_NET_SUSPEND_SCOPE()

#endif

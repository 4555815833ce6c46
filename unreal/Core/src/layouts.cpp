#include "layouts.h"

#include <utility>

namespace micromegas::layouts {

namespace {

Member number(const char* name, const char* type, std::uint32_t offset, std::uint32_t size) {
    return {name, type, offset, size, false};
}
Member u8(const char* name, std::uint32_t offset) { return number(name, "u8", offset, 1); }
Member u32(const char* name, std::uint32_t offset) { return number(name, "u32", offset, 4); }
Member u64(const char* name, std::uint32_t offset) { return number(name, "u64", offset, 8); }
Member i64(const char* name, std::uint32_t offset) { return number(name, "i64", offset, 8); }
Member f64(const char* name, std::uint32_t offset) { return number(name, "f64", offset, 8); }
Member ref(const char* name, std::uint32_t offset) { return {name, "u64", offset, 8, true}; }

TypeLayout fixed(const char* name, std::uint32_t size, std::vector<Member> members) {
    return {name, size, std::move(members), false, {}};
}
TypeLayout dynamic(const char* name, std::vector<Member> front = {}) {
    return {name, 0, {}, false, std::move(front)};
}

TypeLayout static_string_type() { return dynamic("StaticStringDependency"); }
TypeLayout property_set_type() { return dynamic("PropertySetDependency"); }
TypeLayout property_type() { return fixed("Property", 16, {ref("name", 0), ref("value", 8)}); }

StreamLayout log_layout() {
    TypeLayout reference = fixed("StaticStringRef", 16, {ref("id", 0)});
    reference.is_reference = true;
    return {
        {
            static_string_type(),
            fixed("LogMetadataRecord", 40,
                  {u64("id", 0), ref("fmt_str", 8), ref("target", 16), ref("file", 24), u32("line", 32),
                   u32("level", 36)}),
            property_set_type(),
            property_type(),
        },
        {
            dynamic("LogStringEventV2", {ref("desc", 0), i64("time", 8), u8("codec", 16), u32("length", 17)}),
            dynamic("TaggedLogString", {ref("desc", 0), ref("properties", 8), i64("time", 16),
                                        u8("codec", 24), u32("length", 25)}),
            dynamic("TaggedLogInteropEvent",
                    {i64("time", 0), u8("level", 8), ref("target", 9), u64("padding", 17),
                     ref("properties", 25), u8("codec", 33), u32("length", 34)}),
            reference,
        },
    };
}

TypeLayout metric(const char* name, Member value) {
    return fixed(name, 24, {ref("desc", 0), std::move(value), i64("time", 16)});
}
TypeLayout tagged(const char* name, Member value) {
    return fixed(name, 32, {ref("desc", 0), std::move(value), i64("time", 16), ref("properties", 24)});
}

StreamLayout metric_layout() {
    return {
        {
            static_string_type(),
            fixed("MetricMetadataDependency", 48,
                  {u64("id", 0), ref("name", 8), ref("unit", 16), ref("target", 24), ref("file", 32),
                   u32("line", 40), u32("lod", 44)}),
            property_set_type(),
            property_type(),
        },
        {
            metric("IntegerMetricEvent", u64("value", 8)),
            metric("FloatMetricEvent", f64("value", 8)),
            tagged("TaggedIntegerMetricEvent", u64("value", 8)),
            tagged("TaggedFloatMetricEvent", f64("value", 8)),
        },
    };
}

StreamLayout thread_layout() {
    const auto plain = [](const char* name) {
        return fixed(name, 16, {ref("thread_span_desc", 0), i64("time", 8)});
    };
    const auto named = [](const char* name) {
        return fixed(name, 24, {ref("thread_span_location", 0), i64("time", 8), ref("name", 16)});
    };
    return {
        {
            static_string_type(),
            fixed("SpanRecord", 40,
                  {u64("id", 0), ref("name", 8), ref("target", 16), ref("file", 24), u32("line", 32),
                   u32("lod", 36)}),
            fixed("SpanLocationRecord", 32,
                  {u64("id", 0), ref("target", 8), ref("file", 16), u32("line", 24), u32("lod", 28)}),
        },
        {
            plain("BeginThreadSpanEvent"),
            plain("EndThreadSpanEvent"),
            named("BeginThreadNamedSpanEvent"),
            named("EndThreadNamedSpanEvent"),
        },
    };
}

StreamLayout net_layout() {
    const auto end = [](const char* name) {
        return fixed(name, 12, {i64("time", 0), u32("bit_size", 8)});
    };
    const auto begin = [](const char* name, const char* what) {
        return fixed(name, 16, {i64("time", 0), ref(what, 8)});
    };
    return {
        {static_string_type()},
        {
            fixed("NetConnectionBeginEvent", 17,
                  {i64("time", 0), ref("connection_name", 8), u8("is_outgoing", 16)}),
            end("NetConnectionEndEvent"),
            begin("NetObjectBeginEvent", "object_name"),
            end("NetObjectEndEvent"),
            fixed("NetPropertyEvent", 20, {i64("time", 0), ref("property_name", 8), u32("bit_size", 16)}),
            begin("NetRPCBeginEvent", "function_name"),
            end("NetRPCEndEvent"),
        },
    };
}

}  // namespace

const StreamLayout& log() {
    static const StreamLayout& layout = *new StreamLayout(log_layout());
    return layout;
}

const StreamLayout& metrics() {
    static const StreamLayout& layout = *new StreamLayout(metric_layout());
    return layout;
}

const StreamLayout& thread() {
    static const StreamLayout& layout = *new StreamLayout(thread_layout());
    return layout;
}

const StreamLayout& net() {
    static const StreamLayout& layout = *new StreamLayout(net_layout());
    return layout;
}

const StreamLayout& images() {
    static const StreamLayout& layout = *new StreamLayout{{static_string_type()}, {dynamic("ImageEvent")}};
    return layout;
}

}  // namespace micromegas::layouts

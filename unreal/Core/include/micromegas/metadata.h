// What is known about a call site when the program is compiled.
//
// Descriptors are static objects with constant initial values: no code runs before they are used.
// Recording never reads them, it stores their addresses. `number` is zero until the flusher first
// meets the descriptor, and it alone uses it; no address leaves the process.
#pragma once

#include <cstdint>
#include <string>

#include "micromegas/level.h"
#include "micromegas/text.h"

namespace micromegas {

struct CallSite {
    TextView target;
    TextView file;
    std::uint32_t line;
};

// The low four bits of a descriptor's address say what kind of event a record is.
inline constexpr std::size_t descriptor_alignment = 16;

struct alignas(descriptor_alignment) SpanMetadata {
    TextView name;
    CallSite site;
    Verbosity verbosity = Verbosity::Max;
    mutable std::uint32_t number = 0;

    constexpr SpanMetadata(TextView span_name, CallSite call_site)
        : name(span_name), site(call_site) {}
};

// Appends the text that a word stands for, and says how it is encoded.
using WordText = Codec (*)(std::uint64_t word, std::string& out);

// A place where spans begin whose names are known only at run time.
struct alignas(descriptor_alignment) SpanLocation {
    CallSite site;
    WordText name_of;
    Verbosity verbosity = Verbosity::Max;
    mutable std::uint32_t number = 0;

    constexpr SpanLocation(CallSite call_site, WordText name) : site(call_site), name_of(name) {}
};

struct alignas(descriptor_alignment) LogMetadata {
    LogLevel level;
    TextView format;
    CallSite site;
    mutable std::uint32_t number = 0;

    constexpr LogMetadata(LogLevel log_level, TextView text, CallSite call_site)
        : level(log_level), format(text), site(call_site) {}
};

// Where log entries come from that have no call site of ours: their target is a word.
struct alignas(descriptor_alignment) LogOrigin {
    WordText target_of;

    constexpr explicit LogOrigin(WordText target) : target_of(target) {}
};

struct alignas(descriptor_alignment) MetricMetadata {
    TextView name;
    TextView unit;
    Verbosity verbosity;
    CallSite site;
    mutable std::uint32_t number = 0;

    constexpr MetricMetadata(Verbosity detail, TextView metric, TextView of, CallSite call_site)
        : name(metric), unit(of), verbosity(detail), site(call_site) {}
};

// A kind of net event whose names are words.
struct alignas(descriptor_alignment) NetOrigin {
    WordText name_of;

    constexpr explicit NetOrigin(WordText name) : name_of(name) {}
};

// How values of a type become words, and words become text. The words stay meaningful for as long
// as the process lives. Engines specialise this for their interned names.
template <class Name>
struct NameWords;

// Static text that ends with a null character.
template <class Char>
struct NameWords<const Char*> {
    static std::uint64_t word(const Char* name) {
        return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(name));
    }
    static Codec append(std::uint64_t word, std::string& out) {
        const auto name = reinterpret_cast<const Char*>(static_cast<std::uintptr_t>(word));
        const TextView text = text_of(name);
        out.append(static_cast<const char*>(text.data), text.byte_count);
        return text.codec;
    }
};

}  // namespace micromegas

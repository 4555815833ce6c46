// Text as it lies in the program: where it is, how long, and in which encoding.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace micromegas {

// The encodings of text on the wire.
enum class Codec : std::uint8_t { Ansi = 0, Wide = 1, Utf8 = 2 };

// Text that belongs to somebody else. Lengths are in bytes, also of wide text.
struct TextView {
    const void* data = nullptr;
    std::uint32_t byte_count = 0;
    Codec codec = Codec::Utf8;

    constexpr TextView() = default;
    constexpr TextView(const void* text, std::uint32_t bytes, Codec encoding)
        : data(text), byte_count(bytes), codec(encoding) {}
};

// The encoding of a type of characters: one byte is UTF-8, two bytes are UTF-16.
template <class Char>
constexpr Codec codec_of() {
    static_assert(sizeof(Char) <= 2, "text is UTF-8 or UTF-16");
    return sizeof(Char) == 1 ? Codec::Utf8 : Codec::Wide;
}

// A string literal, known when the program is compiled.
template <class Char, std::size_t N>
constexpr TextView literal(const Char (&text)[N]) {
    return TextView(text, static_cast<std::uint32_t>((N - 1) * sizeof(Char)), codec_of<Char>());
}

// Text that ends with a null character, or whose end is known.
template <class Char>
TextView text_of(std::basic_string_view<Char> text) {
    constexpr std::size_t characters_max = 0xffff'ffff / sizeof(Char);
    const std::size_t characters = text.size() < characters_max ? text.size() : characters_max;
    const auto bytes = static_cast<std::uint32_t>(characters * sizeof(Char));
    return TextView(text.data(), bytes, codec_of<Char>());
}

template <class Char>
TextView text_of(const Char* text) {
    return text_of(std::basic_string_view<Char>(text));
}

template <class Char>
TextView text_of(const std::basic_string<Char>& text) {
    return text_of(std::basic_string_view<Char>(text));
}

inline TextView text_of(TextView text) { return text; }

}  // namespace micromegas

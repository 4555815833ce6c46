#include "micromegas/log.h"

#include <cstring>

#include "threads.h"
#include "wake.h"

namespace micromegas {

namespace {

constexpr char cut_mark[] = " [cut]";
constexpr std::uint32_t word_bytes = sizeof(std::uint64_t);

// How many bytes of a message are kept when it is too long: whole characters.
std::uint32_t cut_to_whole_characters(TextView message, std::uint32_t bytes) {
    if (message.codec == Codec::Wide) {
        return bytes & ~1u;
    }
    const auto* text = static_cast<const unsigned char*>(message.data);
    while (bytes > 0 && (text[bytes] & 0xc0) == 0x80) {
        --bytes;
    }
    return bytes;
}

// The mark in the message's encoding; returns its length.
std::uint32_t encoded_mark(Codec codec, unsigned char* out) {
    constexpr std::uint32_t characters = sizeof cut_mark - 1;
    if (codec != Codec::Wide) {
        std::memcpy(out, cut_mark, characters);
        return characters;
    }
    for (std::uint32_t index = 0; index < characters; ++index) {
        out[2 * index] = static_cast<unsigned char>(cut_mark[index]);
        out[2 * index + 1] = 0;
    }
    return 2 * characters;
}

}  // namespace

void detail::record_log(const LogHead& head, TextView message) {
    unsigned char mark[2 * sizeof cut_mark];
    std::uint32_t mark_bytes = 0;
    std::uint32_t text_bytes = message.byte_count;
    if (text_bytes > message_bytes_max) {
        text_bytes = cut_to_whole_characters(message, message_bytes_max);
        mark_bytes = encoded_mark(message.codec, mark);
    }
    const std::uint32_t bytes = text_bytes + mark_bytes;
    const std::size_t text_words = (bytes + word_bytes - 1) / word_bytes;
    const std::size_t count = (head.has_target ? 5 : 4) + text_words;

    Cursors& cursors = detail::cursors();
    Buffer* buffer = cursors.current[static_cast<std::size_t>(Kind::Logs)];
    std::uint64_t* words = buffer->open(count);
    if (words == nullptr) {
        if (!make_room(Kind::Logs, count)) {
            PropertySetRef::take_back(PropertySetRef::of_word(head.properties));
            return;
        }
        buffer = cursors.current[static_cast<std::size_t>(Kind::Logs)];
        words = buffer->open(count);
    }
    words[0] = head.descriptor;
    words[1] = static_cast<std::uint64_t>(now());
    words[2] = head.properties;
    words[3] = bytes | static_cast<std::uint64_t>(message.codec) << codec_shift |
               static_cast<std::uint64_t>(head.level) << level_shift;
    std::uint64_t* text = words + 4;
    if (head.has_target) {
        *text++ = head.target;
    }
    if (text_words > 0) {
        text[text_words - 1] = 0;
        std::memcpy(text, message.data, text_bytes);
        std::memcpy(reinterpret_cast<unsigned char*>(text) + text_bytes, mark, mark_bytes);
    }
    buffer->publish(count);
    if (head.level <= LogLevel::Error) {
        wake::urgent();
    }
}

}  // namespace micromegas

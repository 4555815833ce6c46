#include "images.h"

#include <mutex>
#include <utility>

#include "layouts.h"
#include "micromegas/clock.h"

namespace micromegas::images {

namespace {

struct Image {
    std::int64_t time;
    std::string name;
    Codec name_codec;
    std::string format;
    Codec format_codec;
    Bytes data;
};

struct Waiting {
    std::mutex mutex;
    std::size_t bound_bytes = 0;
    std::size_t bytes = 0;
    std::vector<Image> images;
};

Waiting& waiting() {
    static Waiting& waiting = *new Waiting;
    return waiting;
}

std::string copy(TextView text) {
    return std::string(static_cast<const char*>(text.data), text.byte_count);
}

std::vector<Image> take() {
    const std::lock_guard<std::mutex> lock(waiting().mutex);
    waiting().bytes = 0;
    return std::exchange(waiting().images, {});
}

}  // namespace

void set_bound(std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(waiting().mutex);
    waiting().bound_bytes = bytes;
}

bool push(TextView name, TextView format, const void* data, std::size_t byte_count) {
    const auto* first = static_cast<const std::uint8_t*>(data);
    const std::lock_guard<std::mutex> lock(waiting().mutex);
    if (byte_count > waiting().bound_bytes - waiting().bytes) {
        return false;
    }
    waiting().bytes += byte_count;
    waiting().images.push_back(
        {now(), copy(name), name.codec, copy(format), format.codec, Bytes(first, first + byte_count)});
    return true;
}

void flush(Stream& stream, Outlet& outlet) {
    for (const Image& image : take()) {
        BlockBuilder block(outlet.dependencies);
        const std::size_t size = sizeof image.time + 2 * RecordQueue::text_head_bytes + image.name.size() +
                                 image.format.size() + sizeof(std::uint32_t) + image.data.size();
        block.note(image.time);
        block.objects.begin(layouts::image, static_cast<std::uint32_t>(size));
        block.objects.put(image.time);
        block.objects.put_text(image.name_codec, image.name.data(), static_cast<std::uint32_t>(image.name.size()));
        block.objects.put_text(image.format_codec, image.format.data(), static_cast<std::uint32_t>(image.format.size()));
        block.objects.put(static_cast<std::uint32_t>(image.data.size()));
        block.objects.put_bytes(image.data.data(), image.data.size());
        stream.deliver(outlet, block);
    }
}

void discard() { take(); }

}  // namespace micromegas::images

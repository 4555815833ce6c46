#include "images.h"

#include <atomic>
#include <memory>
#include <utility>

#include "arrivals.h"
#include "layouts.h"
#include "micromegas/clock.h"
#include "within.h"

namespace micromegas::images {

namespace {

struct Image {
    std::int64_t time;
    std::string name;
    Codec name_codec;
    std::string format;
    Codec format_codec;
    Bytes data;
    Image* next;
};

Arrivals<Image> arrivals;
std::atomic<std::size_t> bound_bytes{0};
// Of those that wait.
std::atomic<std::size_t> waiting_bytes{0};

std::string copy(TextView text) {
    return std::string(static_cast<const char*>(text.data), text.byte_count);
}

template <class Use>
void take(Use use) {
    for (Image* image = arrivals.take(); image != nullptr;) {
        const std::unique_ptr<Image> taken(std::exchange(image, image->next));
        waiting_bytes -= taken->data.size();
        use(*taken);
    }
}

}  // namespace

void set_bound(std::size_t bytes) { bound_bytes.store(bytes); }

bool push(TextView name, TextView format, const void* data, std::size_t byte_count) {
    if (!add_within(waiting_bytes, byte_count, bound_bytes.load())) {
        return false;
    }
    const auto* first = static_cast<const std::uint8_t*>(data);
    arrivals.push(new Image{now(), copy(name), name.codec, copy(format), format.codec,
                            Bytes(first, first + byte_count), nullptr});
    return true;
}

void flush(Stream& stream, Outlet& outlet) {
    take([&](const Image& image) {
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
    });
}

void discard() {
    take([](const Image&) {});
}

}  // namespace micromegas::images

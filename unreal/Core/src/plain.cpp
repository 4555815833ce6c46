// Records as one LZ4 frame.

#include <lz4frame.h>

#include "micromegas/wire.h"

namespace micromegas::wire {

namespace {

LZ4F_preferences_t preferences(std::size_t byte_count) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockSizeID = LZ4F_max256KB;
    preferences.frameInfo.blockMode = LZ4F_blockLinked;
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    preferences.frameInfo.contentSize = byte_count;
    return preferences;
}

}  // namespace

Bytes plain(const Bytes& records) {
    const LZ4F_preferences_t wanted = preferences(records.size());
    Bytes frame(LZ4F_compressFrameBound(records.size(), &wanted));
    const std::size_t size = LZ4F_compressFrame(frame.data(), frame.size(), records.data(), records.size(), &wanted);
    // With room for the bound and valid preferences it fails for want of memory only: then the block
    // is sent empty, and the server counts its events as lost.
    frame.resize(LZ4F_isError(size) ? 0 : size);
    return frame;
}

std::optional<Bytes> read_plain(const std::uint8_t* data, std::size_t byte_count, std::size_t bytes_max) {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) {
        return std::nullopt;
    }
    Bytes records(64 * 1024);
    std::size_t written = 0;
    std::size_t hint = 1;
    while (byte_count > 0 && hint > 0 && !LZ4F_isError(hint) && written <= bytes_max) {
        if (written == records.size()) {
            records.resize(2 * records.size());
        }
        std::size_t room = records.size() - written;
        std::size_t taken = byte_count;
        hint = LZ4F_decompress(context, records.data() + written, &room, data, &taken, nullptr);
        written += room;
        data += taken;
        byte_count -= taken;
    }
    LZ4F_freeDecompressionContext(context);
    if (hint != 0 || byte_count > 0 || written > bytes_max) {
        return std::nullopt;
    }
    records.resize(written);
    return records;
}

}  // namespace micromegas::wire

// Blocks kept as files. With the word "write" and a folder, blocks of this program are written
// there, for the decoder's tests; with a folder alone, all plain blocks in it, whoever wrote them,
// are taken apart by their layouts.

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include <nlohmann/json.hpp>

#include "check.h"
#include "memory_sink.h"
#include "micromegas/micromegas.h"
#include "micromegas/wire.h"

namespace {

using namespace micromegas;
using Document = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t records_bytes_max = 1 << 20;

Bytes read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

void write(const fs::path& path, const Bytes& bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void nested(int depth) {
    MICROMEGAS_SPAN_FUNCTION("golden");
    if (depth > 0) {
        MICROMEGAS_SPAN_NAME("golden", u"named é");
        nested(depth - 1);
    }
}

void record_all() {
    default_context::set("map", "Arène 😀");
    MICROMEGAS_LOG("golden", LogLevel::Warn, u"wide 😀");
    const auto set = PropertySetRef::find_or_create({{"weapon", "bow"}});
    MICROMEGAS_LOG_PROPERTIES("golden", LogLevel::Error, set, "tagged");
    MICROMEGAS_FMETRIC("golden", Verbosity::Med, u"time", u"ms", 16.625);
    default_context::clear();
    MICROMEGAS_LOG("golden", LogLevel::Fatal, "plain");
    log_from(LogLevel::Info, "captured", text_of(""));
    MICROMEGAS_IMETRIC("golden", Verbosity::Min, "size", "bytes", UINT64_MAX);
    MICROMEGAS_FMETRIC("golden", Verbosity::Max, "ratio", "none", 0.5);
    integer_metric(*new MetricMetadata(Verbosity::Min, literal("tagged"), literal("count"), MICROMEGAS_SITE("golden")), 3, set);
    nested(2);
    net::verbosity = 4;
    {
        MICROMEGAS_NET_CONNECTION_SCOPE("server", true);
        std::uint64_t bits = 0;
        MICROMEGAS_NET_OBJECT_SCOPE("Actor", bits);
        MICROMEGAS_NET_PROPERTY("Health", 8);
        MICROMEGAS_NET_RPC_SCOPE("Jump", bits);
        bits += 24;
    }
    dispatch::send_image(text_of("screenshot"), text_of("image/png"), "\x89PNG", 4);
}

void write_goldens(const fs::path& folder) {
    const auto sink = std::make_shared<test::MemorySink>();
    Config config;
    config.process_properties = {{"version", "1.2"}};
    dispatch::start(config, sink);
    std::optional<ProcessInfo> process = dispatch::process();
    // Who ran this is nobody's business.
    process->exe = process->username = process->realname = process->computer = process->distro = "golden";
    process->cpu_brand = "golden";
    record_all();
    dispatch::flush(std::chrono::seconds(10));
    std::thread([] {
        MICROMEGAS_SPAN_SCOPE("golden", "carried");
        dispatch::flush(std::chrono::seconds(10));
        nested(0);
    }).join();
    dispatch::flush(std::chrono::seconds(10));
    dispatch::shutdown(std::chrono::seconds(10));
    for (const char* tag : {"log", "metrics", "cpu", "net", "image"}) {
        const auto kept = sink->kept(tag);
        const auto put = [&](const std::string& name, const test::Kept& one, wire::Packing packing) {
            write(folder / (name + ".process"), wire::process_document(*process));
            write(folder / (name + ".stream"), wire::stream_document(one.stream));
            write(folder / (name + ".block"), wire::block_document(one.stream, one.block, packing));
        };
        put(std::string("cpp-") + tag, kept.front(), wire::Packing::Plain);
        put(std::string("planar-cpp-") + tag, kept.back(), wire::Packing::Planar);
    }
}

// The number of records in a buffer, or -1 if it is not whole ones.
long count_records(const Document& types, const Bytes& records) {
    long count = 0;
    for (std::size_t at = 0; at < records.size(); ++count) {
        const std::uint8_t index = records[at++];
        if (index >= types.size()) {
            return -1;
        }
        std::uint32_t size = types[index]["size"].get<std::uint32_t>();
        if (size == 0) {
            if (records.size() - at < sizeof size) {
                return -1;
            }
            std::memcpy(&size, records.data() + at, sizeof size);
            at += sizeof size;
        }
        if (records.size() - at < size) {
            return -1;
        }
        at += size;
    }
    return count;
}

Bytes bytes_of(const Document& value) {
    if (value.is_binary()) {
        return value.get_binary();
    }
    // Old clients sent arrays of numbers.
    Bytes bytes;
    for (const auto& byte : value) {
        bytes.push_back(byte.get<std::uint8_t>());
    }
    return bytes;
}

int check_goldens(const fs::path& folder) {
    int blocks = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".block" || entry.path().filename().string().rfind("planar", 0) == 0) {
            continue;
        }
        fs::path stream_path = entry.path();
        stream_path.replace_extension(".stream");
        const Document block = Document::from_cbor(read(entry.path()), true, false);
        const Document stream = Document::from_cbor(read(stream_path), true, false);
        CHECK(!block.is_discarded() && !stream.is_discarded());
        const Bytes frame = bytes_of(block["payload"]["objects"]);
        const auto records = wire::read_plain(frame.data(), frame.size(), records_bytes_max);
        CHECK(records.has_value());
        if (records) {
            CHECK_EQUAL(count_records(stream["objects_metadata"], *records), block["nb_objects"].get<long>());
        }
        const Bytes dependencies = bytes_of(block["payload"]["dependencies"]);
        const auto needed = wire::read_plain(dependencies.data(), dependencies.size(), records_bytes_max);
        CHECK(needed && count_records(stream["dependencies_metadata"], *needed) >= 0);
        ++blocks;
    }
    CHECK(blocks > 10);
    return check::failures == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 3 && std::strcmp(arguments[1], "write") == 0) {
        write_goldens(arguments[2]);
        return 0;
    }
    return count == 2 ? check_goldens(arguments[1]) : 2;
}

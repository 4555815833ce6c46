// The library is loaded, used by its C header, unloaded, and loaded again.

#include <thread>

#include <dlfcn.h>

#include "check.h"
#include "expect.h"
#include "micromegas/micromegas_c.h"

namespace {

template <class Function>
Function* find(void* library, const char* name) {
    return reinterpret_cast<Function*>(dlsym(library, name));
}

bool is_loaded() {
    void* library = dlopen(MICROMEGAS_LIBRARY, RTLD_NOW | RTLD_NOLOAD);
    return library != nullptr && dlclose(library) == 0;
}

void use(const std::string& url, const char* message) {
    void* library = dlopen(MICROMEGAS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    const auto init = find<MmHandle*(const MmConfig*)>(library, "mm_init");
    const auto log = find<void(MmHandle*, int, const char*, const char*)>(library, "mm_log");
    const auto metric = find<void(MmHandle*, const char*, const char*, std::uint64_t)>(library, "mm_metric_i");
    const auto span = find<const MmSpan*(const char*, const char*, const char*, unsigned)>(library, "mm_span");
    const auto span_begin = find<const MmSpan*(const MmSpan*)>(library, "mm_span_begin");
    const auto span_end = find<void(const MmSpan*)>(library, "mm_span_end");
    const auto flush = find<int(MmHandle*, unsigned)>(library, "mm_flush");
    const auto shutdown = find<void(MmHandle*)>(library, "mm_shutdown");
    const char* key = "language";
    const char* value = "C";
    const MmConfig config{url.c_str(), &key, &value, 1, nullptr};
    MmHandle* handle = init(&config);
    REQUIRE(handle != nullptr);
    CHECK(init(&config) == nullptr);
    log(handle, MM_LEVEL_WARN, nullptr, message);
    metric(handle, "items", "count", 3);
    span_end(span_begin(span("scripts", "frame", "script.lua", 12)));
    CHECK_EQUAL(flush(handle, 20'000), 1);
    shutdown(handle);
    CHECK_EQUAL(dlclose(library), 0);
}

}  // namespace

TEST(a_library_may_be_unloaded_and_loaded_again) {
    const test::Server server;
    REQUIRE(server.is_up());
    for (const char* message : {"first", "second"}) {
        std::thread([&] { use(server.url(), message); }).join();
        // A thread that has recorded keeps the library until it ends; whoever closes it after that
        // unloads it.
        is_loaded();
        CHECK(!is_loaded());
    }
    // This thread lives on, and so does the library: it is the same one that is used twice.
    use(server.url(), "third");
    CHECK(is_loaded());
    use(server.url(), "fourth");
    const auto entry = [](const char* message) {
        return std::string(R"({"level":3,"target":"capi","language":"C","msg":")") + message + "\"}";
    };
    test::expect(server, "",
                 {"SELECT level, target, property_get(process_properties, 'language') AS language, msg FROM log_entries "
                  "ORDER BY time",
                  {entry("first"), entry("second"), entry("third"), entry("fourth")}});
    test::expect(server, "", {"SELECT count(*) AS samples, sum(integer_value) AS sum FROM measures WHERE name = 'items'",
                              {R"({"samples":4,"sum":12})"}});
    const auto processes = server.rows("SELECT process_id FROM processes", 4);
    CHECK_EQUAL(processes.size(), 4u);
    for (const std::string& row : processes) {
        // {"process_id":"..."}
        test::expect(server, row.substr(15, 36),
                     {"SELECT name, target, filename, line FROM thread_spans($P) WHERE depth > 0",
                      {R"({"name":"frame","target":"scripts","filename":"script.lua","line":12})"}});
    }
}

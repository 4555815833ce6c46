// The library is loaded, used by its C header, unloaded, and loaded again.

#include <dlfcn.h>

#include "check.h"
#include "micromegas/micromegas_c.h"
#include "server.h"

namespace {

template <class Function>
Function* find(void* library, const char* name) {
    return reinterpret_cast<Function*>(dlsym(library, name));
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
    use(server.url(), "first");
    use(server.url(), "second");
    const auto rows = server.rows("SELECT level, target, msg FROM log_entries ORDER BY time", 2);
    REQUIRE(rows.size() == 2);
    CHECK_EQUAL(rows[0], R"({"level":3,"target":"capi","msg":"first"})");
    CHECK_EQUAL(rows[1], R"({"level":3,"target":"capi","msg":"second"})");
}

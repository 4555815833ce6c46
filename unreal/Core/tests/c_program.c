/* A program in C, by the C header alone. */

#include "micromegas/micromegas_c.h"

int record_in_c(const char* url);

/* Zero if all went well, else the number of the step that did not. */
int record_in_c(const char* url) {
    const char* keys[] = {"language"};
    const char* values[] = {"C"};
    const char* weapons[] = {"weapon"};
    const char* bows[] = {"bow \xc3\xa9"};
    MmConfig config = {0};
    MmHandle* handle;
    const MmSpan* outer;
    const MmSpan* inner;
    MmProperties* set;
    if (mm_init(0) || mm_init(&config)) {
        return 1;
    }
    config.sink_url = url;
    config.property_keys = keys;
    config.property_values = values;
    config.property_count = 1;
    handle = mm_init(&config);
    if (!handle) {
        return 2;
    }
    if (mm_init(&config)) {
        return 3;
    }
    mm_context_set("map", "harbour");
    mm_log(handle, MM_LEVEL_INFO, 0, "from C");
    mm_context_set("map", 0);
    set = mm_properties(weapons, bows, 1);
    mm_log_properties(handle, MM_LEVEL_ERROR, "game", set, "with properties");
    mm_properties_free(set);
    mm_log(handle, 0, "game", "of no level");
    mm_metric_i(handle, "ammo", "count", 7);
    mm_metric_record_f(mm_metric("game", "frame", "ms"), 16.625);
    outer = mm_span_begin(mm_span("game", "outer", "game.c", 12));
    inner = mm_span_begin(mm_span("game", "inner", "game.c", 13));
    mm_span_end(inner);
    mm_span_end(outer);
    if (!mm_image(handle, "picture", "image/png", "\x89PNG", 4)) {
        return 4;
    }
    if (!mm_flush(handle, 20000)) {
        return 5;
    }
    mm_shutdown(handle);
    mm_log(handle, MM_LEVEL_INFO, 0, "after the end");
    return 0;
}

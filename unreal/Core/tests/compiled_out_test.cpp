// Where recording is compiled out, the macros vanish with their arguments.

#define MICROMEGAS_TRACING_ENABLED 0
#include "micromegas/macros.h"

#include "check.h"

// None of these names is known to the compiler.
TEST(compiled_out_macros_are_nothing) {
    MICROMEGAS_SPAN_SCOPE(unknown, unknown);
    MICROMEGAS_SPAN_FUNCTION(unknown);
    MICROMEGAS_SPAN_NAME(unknown, unknown());
    MICROMEGAS_SPAN_NAME_CONDITIONAL(unknown, unknown, unknown());
    MICROMEGAS_LOG(unknown, unknown, unknown());
    MICROMEGAS_LOG_PROPERTIES(unknown, unknown, unknown, unknown());
    MICROMEGAS_IMETRIC(unknown, unknown, unknown, unknown, unknown());
    MICROMEGAS_FMETRIC(unknown, unknown, unknown, unknown, unknown());
    MICROMEGAS_NET_CONNECTION_SCOPE(unknown, unknown);
    MICROMEGAS_NET_OBJECT_SCOPE(unknown, unknown);
    MICROMEGAS_NET_PROPERTY_SCOPE(unknown, unknown);
    MICROMEGAS_NET_RPC_SCOPE(unknown, unknown);
    MICROMEGAS_NET_OBJECT_SIZE_SCOPE(unknown, unknown);
    MICROMEGAS_NET_OBJECT_EVENT(unknown, unknown);
    MICROMEGAS_NET_PROPERTY(unknown, unknown);
    MICROMEGAS_NET_SUSPEND_SCOPE();
    if (true)
        MICROMEGAS_LOG(unknown, unknown, unknown());
    else
        MICROMEGAS_IMETRIC(unknown, unknown, unknown, unknown, unknown());
}

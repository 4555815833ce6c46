#include "micromegas/net.h"

#include "net_events.h"

namespace micromegas::net {

namespace {

constexpr unsigned depth_max = 64;

struct OpenScope {
    const NetOrigin* origin;
    std::uint64_t name;
    std::uint64_t time;
    std::uint64_t bits_inside;
    Scope scope;
    bool is_outgoing;
    // Its begin is recorded.
    bool is_recorded;
    // The verbosity leaves it out, or there is no place for it.
    bool is_absorbed;
};

struct Stack {
    OpenScope scopes[depth_max];
    unsigned depth;
    // Scopes that found no place.
    unsigned overflow;
    unsigned suspended;
};

thread_local Stack stack;

void write(const NetOrigin& origin, unsigned tag, std::uint64_t time, std::uint64_t name,
           std::uint64_t value) {
    detail::record<4>(Kind::Net, [&](std::uint64_t* words) {
        words[0] = detail::head(origin, tag);
        words[1] = time;
        words[2] = name;
        words[3] = value;
    });
}

int verbosity_of(Scope scope) {
    switch (scope) {
        case Scope::Connection:
            return 1;
        case Scope::Object:
            for (unsigned index = 0; index < stack.depth; ++index) {
                if (stack.scopes[index].scope == Scope::Object) {
                    return 3;
                }
            }
            return 2;
        default:
            return 4;
    }
}

void record_begin(OpenScope& scope) {
    if (scope.is_recorded || scope.is_absorbed) {
        return;
    }
    scope.is_recorded = true;
    const unsigned tag = scope.scope == Scope::Connection ? net_connection_begin
                         : scope.scope == Scope::Object   ? net_object_begin
                                                          : net_rpc_begin;
    write(*scope.origin, tag, scope.time, scope.name, scope.is_outgoing ? 1 : 0);
}

void record_begins() {
    for (unsigned index = 0; index < stack.depth; ++index) {
        if (stack.scopes[index].scope != Scope::Property) {
            record_begin(stack.scopes[index]);
        }
    }
}

void record_property(const NetOrigin& origin, std::uint64_t name, std::uint64_t bits) {
    record_begins();
    write(origin, net_property, static_cast<std::uint64_t>(now()), name, bits);
}

void add_to_parent(std::uint64_t bits) {
    if (stack.depth > 0) {
        stack.scopes[stack.depth - 1].bits_inside += bits;
    }
}

}  // namespace

void begin(Scope scope, const NetOrigin& origin, std::uint64_t name, bool is_outgoing) {
    if (stack.depth == depth_max) {
        ++stack.overflow;
        return;
    }
    const bool is_absorbed =
        stack.suspended > 0 || verbosity.load(std::memory_order_relaxed) < verbosity_of(scope);
    const auto time = static_cast<std::uint64_t>(now());
    stack.scopes[stack.depth++] = {&origin, name, time, 0, scope, is_outgoing, false, is_absorbed};
}

void end(std::uint64_t bits) {
    if (stack.overflow > 0) {
        --stack.overflow;
        return;
    }
    if (stack.depth == 0) {
        return;
    }
    OpenScope& scope = stack.scopes[stack.depth - 1];
    if (!scope.is_absorbed && (bits > 0 || scope.is_recorded)) {
        if (scope.scope == Scope::Property) {
            record_property(*scope.origin, scope.name, bits);
        } else {
            record_begins();
            const unsigned tag = scope.scope == Scope::Connection ? net_connection_end
                                 : scope.scope == Scope::Object   ? net_object_end
                                                                  : net_rpc_end;
            write(*scope.origin, tag, static_cast<std::uint64_t>(now()), 0, bits);
        }
    }
    --stack.depth;
    if (stack.suspended == 0) {
        add_to_parent(bits);
    }
}

void end_with_contents() { end(stack.depth > 0 ? stack.scopes[stack.depth - 1].bits_inside : 0); }

void property(const NetOrigin& origin, std::uint64_t name, std::uint64_t bits) {
    if (stack.suspended > 0 || bits == 0) {
        return;
    }
    if (verbosity.load(std::memory_order_relaxed) >= 4) {
        record_property(origin, name, bits);
    }
    add_to_parent(bits);
}

void suspend() { ++stack.suspended; }

void resume() {
    if (stack.suspended > 0) {
        --stack.suspended;
    }
}

}  // namespace micromegas::net

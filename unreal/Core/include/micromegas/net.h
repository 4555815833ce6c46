// What is sent and received over connections: scopes that nest, with their sizes in bits.
//
// A connection contains objects, those contain objects, properties and calls. Scopes in which
// nothing was sent are not recorded: a begin is held back until something inside has a size.
#pragma once

#include <atomic>
#include <cstdint>

#include "micromegas/metadata.h"
#include "micromegas/recording.h"

namespace micromegas::net {

enum class Scope : std::uint8_t { Connection, Object, Property, Rpc };

// How much is recorded: 0 nothing, 1 connections, 2 their objects, 3 objects inside objects too,
// 4 properties and calls too.
inline std::atomic<int> verbosity{2};

void begin(Scope scope, const NetOrigin& origin, std::uint64_t name, bool is_outgoing);
void end(std::uint64_t bits);
// Ends the innermost scope with the size of what is inside.
void end_with_contents();
void property(const NetOrigin& origin, std::uint64_t name, std::uint64_t bits);
void suspend();
void resume();

template <class Name>
const NetOrigin& origin_of() {
    static const NetOrigin origin(&NameWords<Name>::append);
    return origin;
}

// A connection; its size is that of its contents.
class ConnectionGuard {
public:
    template <class Name>
    ConnectionGuard(Name name, bool is_outgoing) {
        begin(Scope::Connection, origin_of<Name>(), NameWords<Name>::word(name), is_outgoing);
    }
    ~ConnectionGuard() { end_with_contents(); }
    ConnectionGuard(const ConnectionGuard&) = delete;
    ConnectionGuard& operator=(const ConnectionGuard&) = delete;
};

// A scope whose size is how much `position` grows while it lives.
template <class Position>
class Guard {
public:
    template <class Name>
    Guard(Scope scope, Name name, Position position) : position_(position), start_(position()) {
        begin(scope, origin_of<Name>(), NameWords<Name>::word(name), false);
    }
    ~Guard() {
        const auto position = static_cast<std::uint64_t>(position_());
        end(position > start_ ? position - start_ : 0);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

private:
    Position position_;
    std::uint64_t start_;
};

// A scope whose size is what `size` says at its end.
template <class Size>
class SizeGuard {
public:
    template <class Name>
    SizeGuard(Scope scope, Name name, Size size) : size_(size) {
        begin(scope, origin_of<Name>(), NameWords<Name>::word(name), false);
    }
    ~SizeGuard() { end(static_cast<std::uint64_t>(size_())); }
    SizeGuard(const SizeGuard&) = delete;
    SizeGuard& operator=(const SizeGuard&) = delete;

private:
    Size size_;
};

template <class Name>
void object_event(Name name, std::uint64_t bits) {
    begin(Scope::Object, origin_of<Name>(), NameWords<Name>::word(name), false);
    end(bits);
}

template <class Name>
void property_event(Name name, std::uint64_t bits) {
    property(origin_of<Name>(), NameWords<Name>::word(name), bits);
}

class SuspendGuard {
public:
    SuspendGuard() { suspend(); }
    ~SuspendGuard() { resume(); }
    SuspendGuard(const SuspendGuard&) = delete;
    SuspendGuard& operator=(const SuspendGuard&) = delete;
};

}  // namespace micromegas::net

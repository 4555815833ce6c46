// The kinds of net events: tags in a thread's buffer, and indices of their types on the wire.
//
// A record has the words: head, time, name (of begins and properties), value (of a connection's
// begin: whether it sends; of ends and properties: the size in bits).
#pragma once

namespace micromegas {

inline constexpr unsigned net_connection_begin = 0;
inline constexpr unsigned net_connection_end = 1;
inline constexpr unsigned net_object_begin = 2;
inline constexpr unsigned net_object_end = 3;
inline constexpr unsigned net_property = 4;
inline constexpr unsigned net_rpc_begin = 5;
inline constexpr unsigned net_rpc_end = 6;
inline constexpr unsigned net_type_count = 7;

}  // namespace micromegas

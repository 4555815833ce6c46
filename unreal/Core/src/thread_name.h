// What the system calls the calling thread.
#pragma once

#include <string>

namespace micromegas {

std::string current_thread_id();
// Empty where the system does not tell.
std::string current_thread_name();

}  // namespace micromegas

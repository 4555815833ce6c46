// What is known about the process and the machine it runs on.
#pragma once

#include "micromegas/dispatch.h"
#include "origin.h"

namespace micromegas {

ProcessInfo describe_process(const Config& config, const Origin& origin);

}  // namespace micromegas

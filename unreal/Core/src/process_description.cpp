#include "process_description.h"

#include "uuid.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>
#endif

namespace micromegas {

namespace {

constexpr char unknown[] = "unknown";

// The brand string of the processor, 48 bytes in three leaves.
std::string cpu_brand() {
#if defined(__x86_64__)
    constexpr unsigned first_leaf = 0x8000'0002;
    unsigned words[13] = {};
    for (unsigned leaf = 0; leaf < 3; ++leaf) {
        unsigned* part = words + 4 * leaf;
        if (__get_cpuid(first_leaf + leaf, part, part + 1, part + 2, part + 3) == 0) {
            return unknown;
        }
    }
    const std::string brand(reinterpret_cast<const char*>(words));
    const std::size_t last = brand.find_last_not_of(' ');
    return last == std::string::npos ? unknown : brand.substr(0, last + 1);
#else
    return unknown;
#endif
}

#if defined(__unix__) || defined(__APPLE__)

void describe_machine(ProcessInfo& process) {
    char path[4096];
#if defined(__linux__)
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    process.exe = length > 0 ? std::string(path, static_cast<std::size_t>(length)) : unknown;
#endif
    if (gethostname(path, sizeof path) == 0) {
        path[sizeof path - 1] = 0;
        process.computer = path;
    }
    utsname system{};
    if (uname(&system) == 0) {
        process.distro = std::string(system.sysname) + " " + system.release;
    }
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(getuid(), &entry, path, sizeof path, &found) == 0 && found != nullptr) {
        process.username = found->pw_name;
        process.realname = found->pw_gecos;
    }
}

#else

void describe_machine(ProcessInfo&) {}

#endif

}  // namespace

ProcessInfo describe_process(const Config& config, const Origin& origin) {
    ProcessInfo process;
    process.process_id = new_uuid();
    process.exe = process.username = process.realname = process.computer = process.distro = unknown;
    describe_machine(process);
    process.cpu_brand = cpu_brand();
    process.tsc_frequency = origin.frequency;
    process.start_time = origin.start_time;
    process.start_ticks = origin.start_ticks;
    process.parent_process_id = config.parent_process_id;
    process.properties = config.process_properties;
    return process;
}

}  // namespace micromegas

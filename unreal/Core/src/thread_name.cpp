#include "thread_name.h"

#include <cstdint>

#if defined(__linux__)
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <pthread.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) unsigned long __stdcall GetCurrentThreadId(void);
#endif

namespace micromegas {

std::string current_thread_id() {
#if defined(__linux__)
    return std::to_string(syscall(SYS_gettid));
#elif defined(__APPLE__)
    std::uint64_t id = 0;
    pthread_threadid_np(nullptr, &id);
    return std::to_string(id);
#else
    return std::to_string(GetCurrentThreadId());
#endif
}

std::string current_thread_name() {
#if defined(__linux__) || defined(__APPLE__)
    char name[64] = {};
    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 ? name : "";
#else
    return "";
#endif
}

}  // namespace micromegas

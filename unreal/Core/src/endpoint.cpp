#include "micromegas/delivery.h"

namespace micromegas {

std::string endpoint(const std::string& url, const std::string& command) {
    constexpr char folder[] = "/ingestion";
    constexpr std::size_t folder_length = sizeof folder - 1;
    std::string base = url;
    while (!base.empty() && base.back() == '/') {
        base.pop_back();
    }
    const bool has_folder =
        base.size() >= folder_length && base.compare(base.size() - folder_length, folder_length, folder) == 0;
    return base + (has_folder ? "/" : "/ingestion/") + command;
}

}  // namespace micromegas

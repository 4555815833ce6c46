#include "micromegas/curl_sink.h"

#include <atomic>
#include <cctype>
#include <cstdlib>

#include <curl/curl.h>

namespace micromegas {

namespace {

// The value of a header line if that is its name, in whatever case.
bool read_header(const std::string& line, const char* name, std::string& value) {
    std::size_t place = 0;
    for (; name[place] != 0; ++place) {
        if (place >= line.size() || std::tolower(static_cast<unsigned char>(line[place])) != name[place]) {
            return false;
        }
    }
    if (place >= line.size() || line[place] != ':') {
        return false;
    }
    const std::size_t first = line.find_first_not_of(" \t", place + 1);
    const std::size_t last = line.find_last_not_of(" \t\r\n");
    value = first == std::string::npos || last < first ? "" : line.substr(first, last + 1 - first);
    return true;
}

std::size_t on_header(char* text, std::size_t size, std::size_t count, void* context) {
    auto& response = *static_cast<HttpResponse*>(context);
    const std::string line(text, size * count);
    std::string value;
    if (read_header(line, "micromegas-accept", value)) {
        response.accept = value;
    } else if (read_header(line, "retry-after", value) && !value.empty() && std::isdigit(static_cast<unsigned char>(value[0]))) {
        response.retry_after_s = std::atoi(value.c_str());
    }
    return size * count;
}

std::size_t on_body(char*, std::size_t size, std::size_t count, void*) { return size * count; }

class CurlTransport final : public HttpTransport {
public:
    explicit CurlTransport(const CurlOptions& options) {
        for (const std::string& header : options.headers) {
            headers_ = curl_slist_append(headers_, header.c_str());
        }
        headers_ = curl_slist_append(headers_, "Content-Type: application/octet-stream");
        headers_ = curl_slist_append(headers_, "Expect:");
    }
    ~CurlTransport() override { curl_slist_free_all(headers_); }

    HttpResponse post(const HttpRequest& request) override;
    void cancel() override { is_cancelled_.store(true); }

private:
    static int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<CurlTransport*>(context)->is_cancelled_.load() ? 1 : 0;
    }

    curl_slist* headers_ = nullptr;
    std::atomic<bool> is_cancelled_{false};
};

// One handle a thread, so that connections are kept.
struct Handle {
    CURL* curl = curl_easy_init();
    ~Handle() { curl_easy_cleanup(curl); }
};

HttpResponse CurlTransport::post(const HttpRequest& request) {
    thread_local Handle handle;
    CURL* curl = handle.curl;
    HttpResponse response;
    if (curl == nullptr) {
        return response;
    }
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(request.body.data()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    if (curl_easy_perform(curl) != CURLE_OK) {
        return HttpResponse{};
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    return response;
}

}  // namespace

std::shared_ptr<HttpTransport> curl_transport(const CurlOptions& options) {
    // Thread-safe once, by the rules of static initialisation.
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(initialised);
    return std::make_shared<CurlTransport>(options);
}

std::shared_ptr<DeliverySink> curl_sink(const DeliveryOptions& delivery, const CurlOptions& options) {
    return std::make_shared<DeliverySink>(delivery, curl_transport(options));
}

}  // namespace micromegas

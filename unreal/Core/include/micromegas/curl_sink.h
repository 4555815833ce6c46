// Delivery with libcurl, for programs that have no HTTP client of their own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "micromegas/delivery.h"

namespace micromegas {

struct CurlOptions {
    // Sent with each request, say "Authorization: Bearer ...".
    std::vector<std::string> headers;
};

std::shared_ptr<HttpTransport> curl_transport(const CurlOptions& options);
std::shared_ptr<DeliverySink> curl_sink(const DeliveryOptions& delivery, const CurlOptions& options = {});

}  // namespace micromegas

// The program of docs/unreal.md, built against the installed package; nobody listens at its address.

#include "micromegas/curl_sink.h"
#include "micromegas/micromegas.h"

int main() {
    micromegas::DeliveryOptions delivery;
    delivery.url = "http://127.0.0.1:9";
    micromegas::dispatch::start(micromegas::Config(), micromegas::curl_sink(delivery));
    micromegas::dispatch::install_crash_handler();
    {
        MICROMEGAS_SPAN_SCOPE("main", "work");
        MICROMEGAS_LOG("main", micromegas::LogLevel::Info, "hello");
    }
    micromegas::dispatch::shutdown(std::chrono::seconds(1));
}

// Delivery over real connections, to a server that says nothing, then that it is busy, then yes.

#include <atomic>
#include <cstring>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "micromegas/curl_sink.h"

namespace {

using namespace micromegas;
using std::chrono::milliseconds;

// Takes one request after the other and answers each as it is told.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
        listen(listener_, 8);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/base/";
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        is_over_ = true;
        thread_.join();
        close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url;
    // What was asked for first; valid once a request was answered.
    std::string first_line;
    std::atomic<int> requests{0};

private:
    bool is_readable(int socket) const {
        pollfd wanted{socket, POLLIN, 0};
        return poll(&wanted, 1, 20) == 1;
    }

    void serve() {
        while (!is_over_) {
            if (is_readable(listener_)) {
                const int connection = accept(listener_, nullptr, nullptr);
                answer(connection);
                close(connection);
            }
        }
    }

    void answer(int connection) {
        std::string request;
        char bytes[4096];
        while (!is_over_ && !is_whole(request)) {
            if (is_readable(connection)) {
                const ssize_t count = recv(connection, bytes, sizeof bytes, 0);
                if (count <= 0) {
                    return;
                }
                request.append(bytes, static_cast<std::size_t>(count));
            }
        }
        if (requests == 0) {
            first_line = request.substr(0, request.find("\r\n"));
        }
        const auto number = static_cast<std::size_t>(requests++);
        const std::string& answer = answers_[std::min(number, answers_.size() - 1)];
        if (answer.empty()) {
            // Says nothing until the client has enough.
            while (!is_over_ && !(is_readable(connection) && recv(connection, bytes, sizeof bytes, 0) <= 0)) {
            }
            return;
        }
        const std::string text = "HTTP/1.1 " + answer + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    }

    static bool is_whole(const std::string& request) {
        const std::size_t end = request.find("\r\n\r\n");
        const std::size_t length = request.find("Content-Length: ");
        return end != std::string::npos && length != std::string::npos &&
               request.size() - end - 4 >= static_cast<std::size_t>(std::atol(request.c_str() + length + 16));
    }

    std::vector<std::string> answers_;
    int listener_ = -1;
    std::atomic<bool> is_over_{false};
    std::thread thread_;
};

DeliveryOptions options_to(const ScriptedServer& server) {
    DeliveryOptions options;
    options.url = server.url;
    options.in_flight_max = 1;
    options.backoff_least = milliseconds(1);
    options.backoff_greatest = milliseconds(10);
    options.request_timeout = milliseconds(200);
    return options;
}

}  // namespace

TEST(a_slow_and_busy_server_is_waited_for) {
    ScriptedServer server({"", "503 Busy\r\nretry-after: 1", "200 OK\r\nMicromegas-Accept: planar/1; lz4"});
    const auto sink = curl_sink(options_to(server));
    const auto begin = std::chrono::steady_clock::now();
    sink->on_process(ProcessInfo());
    CHECK(sink->wait_for_delivery(begin + std::chrono::seconds(20)));
    CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(1'100));
    const DeliveryStats stats = sink->stats();
    CHECK_EQUAL(stats.retried, 2u);
    CHECK_EQUAL(stats.sent, 1u);
    CHECK(stats.is_planar);
    CHECK_EQUAL(server.first_line, "POST /base/ingestion/insert_process HTTP/1.1");
}

TEST(a_shutdown_ends_requests_under_way) {
    ScriptedServer server({""});
    DeliveryOptions options = options_to(server);
    options.request_timeout = std::chrono::minutes(5);
    const auto sink = curl_sink(options);
    sink->on_process(ProcessInfo());
    while (server.requests == 0) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    const auto begin = std::chrono::steady_clock::now();
    sink->on_shutdown(begin + milliseconds(50));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

// The service itself, started for a test on free ports in a folder of its own.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace test {

class Server {
public:
    // Starts the binary that MICROMEGAS_SERVER names.
    Server();
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    bool is_up() const { return !url_.empty(); }
    const std::string& url() const { return url_; }
    // The rows of an answer, each one JSON object; asked again until there are at least so many, for
    // a few seconds.
    std::vector<std::string> rows(const std::string& sql, std::size_t at_least = 1) const;
    void kill();
    // On the same port, with the same data.
    void restart();

private:
    void start(const std::string& http);

    std::string binary_;
    std::string folder_;
    std::string url_;
    std::string query_url_;
    pid_t process_ = -1;
};

// Whether there is a server to start; a test run without one says so.
bool has_server();

}  // namespace test

#include "server.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace test {

namespace {

// The program's output up to the first line's end, and its process.
struct Started {
    pid_t process;
    std::string line;
};

Started spawn(const std::vector<std::string>& words, bool is_whole) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return {-1, ""};
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    pid_t process = -1;
    if (posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
        process = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    std::string text;
    char byte;
    while (read(ends[0], &byte, 1) == 1 && (is_whole || byte != '\n')) {
        text.push_back(byte);
    }
    close(ends[0]);
    return {process, text};
}

std::string value_of(const std::string& json, const std::string& key) {
    const std::string start = "\"" + key + "\":\"";
    const std::size_t place = json.find(start);
    if (place == std::string::npos) {
        return "";
    }
    const std::size_t first = place + start.size();
    return json.substr(first, json.find('"', first) - first);
}

}  // namespace

bool has_server() { return std::getenv("MICROMEGAS_SERVER") != nullptr; }

Server::Server() : binary_(std::getenv("MICROMEGAS_SERVER")) {
    char folder[] = "/tmp/micromegas-cpp-XXXXXX";
    folder_ = mkdtemp(folder);
    start("127.0.0.1:0");
}

void Server::start(const std::string& http) {
    const Started started = spawn({binary_, "serve", "--disable-auth", "--data-dir", folder_, "--http",
                                   http, "--flight", "127.0.0.1:0", "--print-addresses"},
                                  false);
    process_ = started.process;
    url_ = value_of(started.line, "ingestion");
    query_url_ = value_of(started.line, "query");
}

Server::~Server() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Server::kill() {
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
        process_ = -1;
    }
}

void Server::restart() {
    kill();
    start(url_.substr(std::string("http://").size()));
}

std::vector<std::string> Server::rows(const std::string& sql, std::size_t at_least) const {
    std::vector<std::string> rows;
    for (int attempt = 0; attempt < 20; ++attempt) {
        rows.clear();
        const Started query = spawn({binary_, "query", "--url", query_url_, "--format", "json", sql}, true);
        waitpid(query.process, nullptr, 0);
        std::string row;
        for (const char byte : query.line) {
            if (byte == '\n') {
                rows.push_back(row);
                row.clear();
            } else {
                row.push_back(byte);
            }
        }
        if (rows.size() >= at_least) {
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
    }
    return rows;
}

}  // namespace test

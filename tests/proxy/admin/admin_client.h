// SPDX-License-Identifier: Apache-2.0
//
// A client of the admin port for tests: raw bytes over a real socket, so that it can be as rude as
// it likes. Server and client share the test's thread: the server is driven while the client waits.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "proxy/admin/http_server.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::admin {

// Drives `server` as an event loop would, until `done`; false after ten seconds.
inline bool RunUntil(HttpServer& server, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    // Short, because the client's own sockets are not watched.
    pollfd watched{server.epoll_fd(), POLLIN, 0};
    if (::poll(&watched, 1, 1) > 0) server.Run();
  }
  return true;
}

class AdminClient {
 public:
  explicit AdminClient(const config::SocketAddress& address) {
    sockaddr_storage storage{};
    const socklen_t length = address.ToSockaddr(storage);
    fd_.Reset(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&storage), length), 0);
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  }

  // As much as the socket takes.
  size_t Send(absl::string_view bytes) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<size_t>(sent);
  }

  // Reads what is there; true once the server has closed (or reset) the connection.
  bool ReadToEnd() {
    char buffer[16384];
    while (true) {
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
      if (got > 0) {
        received_.append(buffer, static_cast<size_t>(got));
        continue;
      }
      if (got == 0) return true;
      const int error_number = errno;
      if (error_number == EAGAIN) return false;
      was_reset_ = error_number == ECONNRESET;
      return true;
    }
  }

  void Close() { fd_.Reset(); }
  int fd() const { return fd_.get(); }
  const std::string& received() const { return received_; }
  bool was_reset() const { return was_reset_; }

  // 0: no status line came.
  int status() const {
    int status = 0;
    const bool is_status_line = received_.rfind("HTTP/1.", 0) == 0 && received_.size() >= 12;
    return is_status_line && absl::SimpleAtoi(received_.substr(9, 3), &status) ? status : 0;
  }
  std::string head() const { return received_.substr(0, received_.find("\r\n\r\n")); }
  std::string body() const {
    const size_t end = received_.find("\r\n\r\n");
    return end == std::string::npos ? "" : received_.substr(end + 4);
  }

 private:
  UniqueFd fd_;
  std::string received_;
  bool was_reset_ = false;
};

// One request on a connection of its own, to the end of the connection.
inline AdminClient Ask(HttpServer& server, absl::string_view request) {
  AdminClient client(server.address());
  size_t sent = 0;
  const bool ended = RunUntil(server, [&] {
    if (sent < request.size()) sent += client.Send(request.substr(sent));
    return client.ReadToEnd();
  });
  EXPECT_TRUE(ended) << "no end to: " << request.substr(0, 100);
  return client;
}

inline AdminClient Get(HttpServer& server, absl::string_view target) {
  return Ask(server, absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

inline AdminClient Post(HttpServer& server, absl::string_view target) {
  return Ask(server, absl::StrCat("POST ", target,
                                  " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
}

}  // namespace outrigger::admin

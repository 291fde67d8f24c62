// SPDX-License-Identifier: Apache-2.0
//
// The admin port: a small HTTP/1.1 server on somebody else's event loop. A thin adapter around
// libmicrohttpd, which parses and answers; accepting, limits, deadlines and routing are ours. It
// serves people, scrapers and the agent, so it stays reachable when the process has run out of
// descriptors, and it treats whoever connects as hostile: everything about a connection is bounded
// in bytes and in time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/socket_address.h"
#include "proxy/admin/http_request.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::admin {

class HttpEngine;
struct RequestHead;

struct HttpServerOptions {
  // Enough for a scraper, a probe, a person and a bug report at once. Further clients wait in the
  // kernel's backlog.
  size_t connections_max = 64;
  // Request line and headers of one connection, and what its answer's headers need. Longer ones are
  // refused with 414 or 431.
  size_t connection_memory_bytes = size_t{32} * 1024;
  // No endpoint reads a body; clients may send one all the same.
  size_t body_bytes_max = size_t{64} * 1024;
  // Without a byte either way.
  std::chrono::seconds idle_timeout{10};
  // From accept to the last byte of the answer. A client that sends or reads one byte a second is
  // never idle.
  std::chrono::milliseconds connection_time_max{60'000};
};

// The right to answer one request, once, now or later. On the server's thread only. If the client
// has gone, or the server, an answer goes nowhere. Dropped without an answer it answers 500, so
// that no client waits for a bug of ours.
class Responder {
 public:
  class Exchange;

  explicit Responder(std::shared_ptr<Exchange> exchange);
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  void Send(HttpResponse response) &&;

 private:
  std::shared_ptr<Exchange> exchange_;
};

// Called for a request whose method the endpoint has. It may answer before it returns or keep the
// responder; how long, is up to it (the connection ends after `connection_time_max`).
using HttpHandler = absl::AnyInvocable<void(const HttpRequest& request, Responder responder)>;

struct Endpoint {
  enum class Access : uint8_t {
    kRead,    // GET and HEAD
    kChange,  // POST: nothing that a link or an image tag can do changes anything
  };
  std::string path;  // "/stats"
  Access access = Access::kRead;
  std::string help;  // one line
  HttpHandler handler;
};

// Main thread only. All work is done by Run, which never blocks.
class HttpServer {
 public:
  // Binds and listens. `address` with port 0 lets the kernel choose (see address()).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Create(const config::SocketAddress& address,
                                                            HttpServerOptions options = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Answers that are under way are cut off; call Run until idle() to let them out.
  ~HttpServer();

  // Requires: no other endpoint has this path.
  void Add(Endpoint endpoint);
  // In order of path.
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  // A line per endpoint.
  std::string FormatHelp() const;

  // Watch this descriptor for reading (level-triggered) and call Run whenever it is readable. It
  // also becomes readable when a deadline of ours has come or a responder was used: no timer is
  // needed.
  int epoll_fd() const;
  void Run();

  // The address that is bound, with the real port.
  const config::SocketAddress& address() const { return address_; }
  size_t connections() const;
  // No connection is open.
  bool idle() const { return connections() == 0; }

  // Serves a connected stream socket as if it had been accepted. False: at the limit; the socket is
  // closed.
  bool Adopt(UniqueFd socket);

 private:
  HttpServer(const config::SocketAddress& address, HttpServerOptions options);
  absl::Status Start(UniqueFd listening);
  void Accept();
  void SetAccepting(bool accepting);
  void ArmTimer();
  void Dispatch(const RequestHead& head, Responder responder);

  const HttpServerOptions options_;
  config::SocketAddress address_;
  std::vector<Endpoint> endpoints_;
  UniqueFd listening_;
  UniqueFd epoll_;  // holds the listening socket, the timer and the engine's own epoll
  UniqueFd timer_;
  std::vector<UniqueFd> reserve_;  // descriptors to give up when there is none left for a client
  bool accepting_ = false;
  std::chrono::steady_clock::time_point accept_again_at_;
  std::unique_ptr<HttpEngine> engine_;
};

}  // namespace outrigger::admin

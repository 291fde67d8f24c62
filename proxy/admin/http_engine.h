// SPDX-License-Identifier: Apache-2.0
//
// All that knows libmicrohttpd: connections in, requests out, answers in. One epoll descriptor, no
// threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "proxy/admin/http_request.h"
#include "proxy/admin/http_server.h"
#include "proxy/base/unique_fd.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace outrigger::admin {

// A request as it came, before anybody has judged it.
struct RequestHead {
  std::string method;
  std::string target;
  std::vector<std::string> hosts;    // every Host header; a sane client sends one
  std::vector<std::string> origins;  // every Origin header; browsers send one
};

// One request and its answer, shared by the connection and whoever answers.
class Responder::Exchange {
 public:
  Exchange(HttpEngine& engine, MHD_Connection* connection)
      : engine_(engine), connection_(connection) {}

  // Keeps the first answer; wakes the connection if it waits for one.
  void Answer(HttpResponse response);
  // The connection has ended: answers go nowhere from now on.
  void Abandon() { connection_ = nullptr; }
  void Suspend();
  void Resume();

  bool suspended() const { return suspended_; }
  bool answered() const { return answered_; }
  std::optional<HttpResponse> TakeResponse();

 private:
  HttpEngine& engine_;  // there as long as `connection_` is
  MHD_Connection* connection_;
  std::optional<HttpResponse> response_;
  bool answered_ = false;
  bool suspended_ = false;
};

class HttpEngine {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Dispatch = absl::AnyInvocable<void(const RequestHead& head, Responder responder)>;

  // `on_wake` is called when WakeAt has become "now" outside of Run.
  static absl::StatusOr<std::unique_ptr<HttpEngine>> Create(const HttpServerOptions& options,
                                                            Dispatch dispatch,
                                                            absl::AnyInvocable<void()> on_wake);
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;
  ~HttpEngine();

  int epoll_fd() const;
  void Run();
  // False: refused by the library; the socket is closed either way.
  bool Adopt(UniqueFd socket);
  size_t connections() const { return connections_.size(); }
  // When Run wants to be called at the latest, if nothing happens before.
  std::optional<TimePoint> WakeAt() const;
  // For Exchange: a suspended connection goes on in the next Run. (The library has a wake-up of its
  // own only when it runs threads.)
  void OnResumed();

 private:
  friend struct Callbacks;  // the C functions that libmicrohttpd calls
  struct Connection;

  HttpEngine(const HttpServerOptions& options, Dispatch dispatch,
             absl::AnyInvocable<void()> on_wake);
  void EndOverdueConnections();

  const HttpServerOptions options_;
  Dispatch dispatch_;
  absl::AnyInvocable<void()> on_wake_;
  bool resumed_ = false;
  uint64_t next_id_ = 0;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;  // the oldest first
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace outrigger::admin

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "absl/functional/any_invocable.h"

#include "config/socket_address.h"
#include "config/tcp_keepalive.h"
#include "proxy/base/unique_fd.h"
#include "proxy/event/fd_watcher.h"
#include "proxy/event/loop.h"
#include "proxy/event/timer.h"

namespace outrigger::upstream {

// One attempt to connect to one address, with a timeout. Belongs to the loop's thread. Destroying
// it gives the attempt up.
class Connector {
 public:
  enum class Failure : uint8_t {
    kNone,
    kRefused,  // refused, unreachable, reset: `error_number` says which
    kTimeout,
    kLocal,  // no local port or address to dial from (EADDRNOTAVAIL), or the address is not ours
    kDescriptors,  // no descriptor or memory left
  };
  struct Result {
    Failure failure = Failure::kNone;
    int error_number = 0;
    bool immediate = false;    // told by connect itself and not later by the socket
    UniqueFd fd;               // connected, if kNone
    event::FdWatcher watcher;  // of that descriptor; watches nothing
  };
  struct Options {
    config::SocketAddress destination;
    // Where to dial from. An attempt that cannot be bound fails: dialling without the bind could be
    // redirected back to us.
    std::optional<config::SocketAddress> source;
    std::chrono::milliseconds timeout;
    config::TcpKeepalive keepalive;
  };

  // `on_result` is called once and never from inside Start; it may destroy the connector.
  Connector(event::Loop& loop, Options options, absl::AnyInvocable<void(Result)> on_result);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Begins. A failure here is final: on_result is not called.
  Result Start();
  // The address that the kernel chose; known once Start has succeeded.
  const std::optional<config::SocketAddress>& local_address() const { return local_address_; }

 private:
  Result Fail(Failure failure, int error_number, bool immediate);
  void OnWritable(event::Readiness readiness);

  event::Loop& loop_;
  const Options options_;
  absl::AnyInvocable<void(Result)> on_result_;
  std::optional<config::SocketAddress> local_address_;
  UniqueFd fd_;
  event::FdWatcher watcher_;  // after the descriptor it watches
  event::Timer timer_;
};

}  // namespace outrigger::upstream

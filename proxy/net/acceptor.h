// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "config/socket_address.h"
#include "proxy/base/unique_fd.h"
#include "proxy/event/fd_watcher.h"

namespace outrigger::net {

// One listening socket of one worker. Takes up to limits::kAcceptsPerWakeup connections per turn.
// Belongs to the loop's thread.
class Acceptor {
 public:
  struct Callbacks {
    // Asked before each accept: false leaves the connection in the backlog and pauses (Resume takes
    // it up again).
    absl::AnyInvocable<bool()> may_accept;
    // A new non-blocking socket with the peer's address.
    absl::AnyInvocable<void(UniqueFd, const config::SocketAddress& peer)> on_accept;
    // Out of descriptors or memory; the acceptor has paused.
    absl::AnyInvocable<void(int error_number)> on_exhausted;
  };

  // Takes the listening socket over and starts at once.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Create(event::Loop& loop,
                                                          UniqueFd listening_socket,
                                                          Callbacks callbacks);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void Pause();
  void Resume();
  // Takes what is in the accept queue, so that leaving an SO_REUSEPORT group loses no connection,
  // then closes the socket.
  void DrainAndClose();
  // The address that the kernel bound, with its port.
  absl::StatusOr<config::SocketAddress> BoundAddress() const;

 private:
  Acceptor(UniqueFd listening_socket, Callbacks callbacks);
  void OnReadable(event::Readiness readiness);
  // False once nothing (more) can be taken.
  bool AcceptOne();

  UniqueFd socket_;
  Callbacks callbacks_;
  bool paused_ = false;
  event::FdWatcher watcher_;  // after the descriptor it watches
};

}  // namespace outrigger::net

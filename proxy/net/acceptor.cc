// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "proxy/base/limits.h"
#include "proxy/base/status_macros.h"
#include "proxy/net/socket.h"

namespace outrigger::net {

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Create(event::Loop& loop,
                                                           UniqueFd listening_socket,
                                                           Callbacks callbacks) {
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(std::move(listening_socket), std::move(callbacks)));
  ASSIGN_OR_RETURN(acceptor->watcher_,
                   event::FdWatcher::Create(
                       loop, acceptor->socket_.get(),
                       event::FdWatcher::Callback::To<&Acceptor::OnReadable>(acceptor.get())));
  acceptor->watcher_.Watch(event::kReadable);
  return acceptor;
}

Acceptor::Acceptor(UniqueFd listening_socket, Callbacks callbacks)
    : socket_(std::move(listening_socket)), callbacks_(std::move(callbacks)) {}

void Acceptor::OnReadable(event::Readiness /*readiness*/) {
  for (int i = 0; i < limits::kAcceptsPerWakeup && !paused_; ++i) {
    if (!AcceptOne()) return;
  }
}

bool Acceptor::AcceptOne() {
  if (!callbacks_.may_accept()) {
    Pause();
    return false;
  }
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  UniqueFd accepted(accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &length,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted) {
    auto peer = config::SocketAddress::FromSockaddr(storage);
    if (peer.ok()) callbacks_.on_accept(std::move(accepted), *peer);
    return true;
  }
  const int error_number = errno;
  switch (error_number) {
    case EAGAIN:
      return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      // Level-triggered: without a rest this would be a busy loop.
      Pause();
      callbacks_.on_exhausted(error_number);
      return false;
    default:
      // ECONNABORTED and the network errors of accept(2) belong to that one connection, which is
      // gone.
      return true;
  }
}

void Acceptor::Pause() {
  paused_ = true;
  if (watcher_) watcher_.Watch(event::kNothing);
}

void Acceptor::Resume() {
  paused_ = false;
  if (watcher_) watcher_.Watch(event::kReadable);
}

void Acceptor::DrainAndClose() {
  // The backlog bounds the number of turns; a peer that keeps dialling cannot hold us here.
  for (int i = 0; i < limits::kListenBacklog && socket_; ++i) {
    if (!AcceptOne()) break;
  }
  watcher_ = event::FdWatcher();
  socket_.Reset();
}

absl::StatusOr<config::SocketAddress> Acceptor::BoundAddress() const {
  return LocalAddress(socket_.get());
}

}  // namespace outrigger::net

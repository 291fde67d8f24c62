// SPDX-License-Identifier: Apache-2.0
#include "proxy/transport/plain_transport.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/net/socket_options.h"

namespace outrigger::transport {
namespace {

IoResult Failed(int error_number) {
  if (error_number == EAGAIN) return {.state = IoState::kWouldBlock};
  return {.state = IoState::kError, .error_number = error_number};
}

}  // namespace

PlainTransport::PlainTransport(UniqueFd fd) : fd_(std::move(fd)) {}

// recv and send, not read and write: libuv's own wake-up descriptor uses those, and fault injection
// must tell them apart.
IoResult PlainTransport::Read(std::span<uint8_t> buffer) {
  DCHECK(!buffer.empty());
  for (;;) {
    const ssize_t received = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (received > 0) return {.bytes = static_cast<size_t>(received)};
    if (received == 0) return {.state = IoState::kEnd};
    const int error_number = errno;
    if (error_number != EINTR) return Failed(error_number);
  }
}

IoResult PlainTransport::Write(std::span<const uint8_t> bytes) {
  for (;;) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return {.bytes = static_cast<size_t>(sent)};
    const int error_number = errno;
    if (error_number != EINTR) return Failed(error_number);
  }
}

void PlainTransport::ShutdownWrite() {
  // Fails only if the peer has reset meanwhile, which the next read tells.
  shutdown(fd_.get(), SHUT_WR);
}

void PlainTransport::Close() { fd_.Reset(); }

void PlainTransport::Abort() {
  if (!fd_) return;
  net::SetResetOnClose(fd_.get());
  fd_.Reset();
}

}  // namespace outrigger::transport

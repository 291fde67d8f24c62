// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "config/socket_address.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::net {

// A non-blocking, close-on-exec TCP socket. On failure the error number is `*error_number` (EMFILE
// needs handling of its own).
absl::StatusOr<UniqueFd> CreateTcpSocket(config::IpAddress::Family family, int* error_number);

// The socket's own and its peer's address. Fails once the socket is no longer connected.
absl::StatusOr<config::SocketAddress> LocalAddress(int fd);
absl::StatusOr<config::SocketAddress> PeerAddress(int fd);

// Binds an upstream socket to a source address. With port 0 the port is chosen at connect time,
// when the destination is known (IP_BIND_ADDRESS_NO_PORT): otherwise one source address has 28,000
// ports for all destinations together, and choosing one is slow once most are taken. Returns 0 or
// an error number.
int BindSource(int fd, const config::SocketAddress& source);

// Starts connecting. Returns 0 (connected or under way) or an error number: EADDRNOTAVAIL when the
// ports of a bound source are used up.
int StartConnect(int fd, const config::SocketAddress& destination);

// Takes the pending error off the socket: 0 or an error number.
int TakeSocketError(int fd);

// Bytes written that the peer has not acknowledged yet, FIN included as one; 0 when that cannot be
// told.
int UnacknowledgedBytes(int fd);

// A socket bound to `address` and listening, with SO_REUSEPORT so that each worker can have one of
// its own. `v6_only` for IPv6 wildcards that leave IPv4 alone.
struct ListenOptions {
  bool v6_only = true;
};
absl::StatusOr<UniqueFd> BindListener(const config::SocketAddress& address, ListenOptions options);
absl::Status StartListening(int fd);

// Whether anybody else listens on `address`: SO_REUSEPORT alone would silently share the port with
// a second process of the same user.
absl::Status CheckAddressIsFree(const config::SocketAddress& address, ListenOptions options);

// Whether `ip` is an address of this network namespace. Reads the interface list: not for every
// connection.
bool IsLocalAddress(const config::IpAddress& ip);

}  // namespace outrigger::net

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"

#include "config/socket_address.h"

namespace outrigger::net {

// Where a connection was going before a REDIRECT rule sent it here (SO_ORIGINAL_DST, both
// families). `family` is that of the connection's addresses, not of the socket: an IPv4 connection
// may arrive on an IPv6 socket. Success is no evidence of redirection: for a tracked connection
// that came here directly it is the connection's own local address. kNotFound: not tracked;
// kFailedPrecondition: this kernel cannot tell (no connection tracking).
absl::StatusOr<config::SocketAddress> OriginalDestination(int fd, config::IpAddress::Family family);

}  // namespace outrigger::net

// SPDX-License-Identifier: Apache-2.0
//
// What is known of a connection before its filter chain is chosen.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

#include "config/listener.h"
#include "config/socket_address.h"

namespace outrigger::policy {

// An address in one role. Roles are types of their own and convert into nothing, so that a peer is
// never passed where a destination is meant: all of them look alike, and that mistake opens a proxy
// to the world.
template <typename Role>
class AddressAs {
 public:
  constexpr AddressAs() = default;
  explicit constexpr AddressAs(const config::SocketAddress& address) : address_(address) {}

  const config::SocketAddress& address() const { return address_; }
  const config::IpAddress& ip() const { return address_.ip(); }
  uint16_t port() const { return address_.port(); }

  friend bool operator==(const AddressAs&, const AddressAs&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const AddressAs& address) {
    return H::combine(std::move(h), address.address_);
  }

 private:
  config::SocketAddress address_;
};

// Who connected to us.
using PeerAddress = AddressAs<struct PeerRole>;
// The accepted socket's own address.
using LocalAddress = AddressAs<struct LocalRole>;
// Where the packets were going before they were redirected to us.
using OriginalDestination = AddressAs<struct OriginalDestinationRole>;

struct ConnectionFacts {
  PeerAddress peer;
  LocalAddress local;
  // Only if the connection was redirected: the kernel's answer differs from `local`. That the
  // kernel had an answer at all proves nothing, connection tracking answers for untouched
  // connections too.
  std::optional<OriginalDestination> original_destination;
  config::TrafficDirection direction = config::TrafficDirection::kUnspecified;
  // "tls" or "raw_buffer"; always a literal.
  absl::string_view transport_protocol = "raw_buffer";
  std::string server_name;                         // SNI in lower case; empty: none
  std::vector<std::string> application_protocols;  // ALPN as offered, in the client's order

  bool restored() const { return original_destination.has_value(); }
  // The address that filter chains and clusters mean by "destination".
  const config::SocketAddress& destination() const {
    return original_destination.has_value() ? original_destination->address() : local.address();
  }
};

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/access_log.h"
#include "config/filter_chain.h"
#include "config/socket_address.h"
#include "config/tcp_keepalive.h"

namespace outrigger::config {

enum class TrafficDirection : uint8_t { kUnspecified, kInbound, kOutbound };

// One address of a listener. `ipv4_compat`: an IPv6 wildcard that also takes IPv4 (IPV6_V6ONLY
// off).
struct ListenAddress {
  SocketAddress address;
  bool ipv4_compat = false;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// envoy.config.listener.v3.Listener.
struct Listener {
  std::string name;
  std::string
      stat_prefix;  // what stands in listener.<stat_prefix>.*: the address unless configured
  std::vector<ListenAddress> addresses;  // `address`, then `additional_addresses`; never empty
  bool bind_to_port = true;
  // The field use_original_dst: look the original destination up *and* hand the connection to the
  // listener of that address.
  bool use_original_dst = false;
  // The listener filter envoy.filters.listener.original_dst: look it up, never hand off.
  bool original_dst_filter = false;
  TrafficDirection traffic_direction = TrafficDirection::kUnspecified;
  std::optional<TcpKeepalive>
      tcp_keepalive;  // of downstream connections; absent: the process's default
  std::vector<FilterChainPtr> filter_chains;
  FilterChainPtr default_filter_chain;  // may be null
  std::vector<AccessLogPtr>
      access_logs;  // listener-level: also for connections that matched no chain
  friend bool operator==(const Listener&, const Listener&) = default;
};
using ListenerPtr = std::shared_ptr<const Listener>;

}  // namespace outrigger::config

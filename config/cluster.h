// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "config/endpoint.h"
#include "config/socket_address.h"
#include "config/tcp_keepalive.h"

namespace outrigger::config {

enum class ClusterType : uint8_t { kStatic, kOriginalDst };
enum class LbPolicy : uint8_t { kRoundRobin, kLeastRequest, kRandom, kClusterProvided };

// Addresses that upstream sockets are bound to, one per family: `source_address` and
// `extra_source_addresses` of upstream_bind_config. Port 0 lets the kernel choose. Only the address
// of the destination's family is used; with none of that family the socket is not bound (as Envoy).
struct UpstreamBind {
  std::optional<SocketAddress> ipv4;
  std::optional<SocketAddress> ipv6;
  friend bool operator==(const UpstreamBind&, const UpstreamBind&) = default;
};

// envoy.config.cluster.v3.Cluster.
struct Cluster {
  std::string name;
  std::string alt_stat_name;  // empty: statistics use `name`
  ClusterType type = ClusterType::kStatic;
  LbPolicy lb_policy = LbPolicy::kRoundRobin;
  uint32_t least_request_choices = 2;
  std::chrono::milliseconds connect_timeout{5000};
  UpstreamBind bind;
  std::optional<TcpKeepalive> tcp_keepalive;  // absent: the process's default
  LoadAssignmentPtr load_assignment;          // null for kOriginalDst
  friend bool operator==(const Cluster&, const Cluster&) = default;
};
using ClusterPtr = std::shared_ptr<const Cluster>;

}  // namespace outrigger::config

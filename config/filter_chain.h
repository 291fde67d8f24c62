// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/access_log.h"
#include "config/cidr.h"

namespace outrigger::config {

// envoy.config.listener.v3.FilterChainMatch. An empty list means "any".
struct FilterChainMatch {
  enum class SourceType : uint8_t { kAny, kSameIpOrLoopback, kExternal };

  std::optional<uint16_t> destination_port;
  std::vector<Cidr> prefix_ranges;
  std::vector<std::string> server_names;  // lower case; "*.suffix" for wildcards
  std::string transport_protocol;         // "tls", "raw_buffer" or empty
  std::vector<std::string> application_protocols;
  std::vector<Cidr> direct_source_prefix_ranges;
  SourceType source_type = SourceType::kAny;
  std::vector<Cidr> source_prefix_ranges;
  std::vector<uint16_t> source_ports;
  friend bool operator==(const FilterChainMatch&, const FilterChainMatch&) = default;
};

struct WeightedCluster {
  std::string name;
  uint32_t weight = 1;
  friend bool operator==(const WeightedCluster&, const WeightedCluster&) = default;
};

// envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.
struct TcpProxy {
  std::string stat_prefix;
  // One entry for `cluster`, several for `weighted_clusters`. Weights are relative and their sum
  // fits 32 bits; never empty.
  std::vector<WeightedCluster> clusters;
  // None: no idle timeout. Absent in the file is none too (a listed difference: Envoy has 1 h
  // then), as is an explicit 0.
  std::optional<std::chrono::milliseconds> idle_timeout;
  std::optional<std::chrono::milliseconds> max_downstream_connection_duration;
  std::vector<AccessLogPtr> access_logs;
  friend bool operator==(const TcpProxy&, const TcpProxy&) = default;
};

struct FilterChain {
  std::string name;  // not unique, may be empty
  FilterChainMatch match;
  TcpProxy tcp_proxy;
  friend bool operator==(const FilterChain&, const FilterChain&) = default;
};
using FilterChainPtr = std::shared_ptr<const FilterChain>;

}  // namespace outrigger::config

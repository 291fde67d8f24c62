// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/socket_address.h"

namespace outrigger::config {

enum class HealthStatus : uint8_t {
  kUnknown,
  kHealthy,
  kUnhealthy,
  kDraining,
  kTimeout,
  kDegraded
};

struct Locality {
  std::string region;
  std::string zone;
  std::string sub_zone;
  friend bool operator==(const Locality&, const Locality&) = default;
};

struct Endpoint {
  SocketAddress address;
  std::string hostname;
  uint32_t weight = 1;  // load_balancing_weight, at least 1
  HealthStatus health = HealthStatus::kUnknown;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// envoy.config.endpoint.v3.LocalityLbEndpoints.
struct LocalityEndpoints {
  Locality locality;
  uint32_t priority = 0;
  uint32_t weight = 0;  // 0: none given
  std::vector<Endpoint> endpoints;
  friend bool operator==(const LocalityEndpoints&, const LocalityEndpoints&) = default;
};

// envoy.config.endpoint.v3.ClusterLoadAssignment.
struct LoadAssignment {
  std::vector<LocalityEndpoints> localities;
  friend bool operator==(const LoadAssignment&, const LoadAssignment&) = default;
};
using LoadAssignmentPtr = std::shared_ptr<const LoadAssignment>;

}  // namespace outrigger::config

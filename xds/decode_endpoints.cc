// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_endpoints.h"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"

#include "xds/decode_core.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::Findings;
using config::HealthStatus;
using envoy::config::endpoint::v3::LbEndpoint;
using envoy::config::endpoint::v3::LocalityLbEndpoints;

// Balancers add weights up in 32 bits.
constexpr uint64_t kWeightSumMax = std::numeric_limits<uint32_t>::max();

HealthStatus DecodeHealth(envoy::config::core::v3::HealthStatus status) {
  switch (status) {
    case envoy::config::core::v3::HEALTHY:
      return HealthStatus::kHealthy;
    case envoy::config::core::v3::UNHEALTHY:
      return HealthStatus::kUnhealthy;
    case envoy::config::core::v3::DRAINING:
      return HealthStatus::kDraining;
    case envoy::config::core::v3::TIMEOUT:
      return HealthStatus::kTimeout;
    case envoy::config::core::v3::DEGRADED:
      return HealthStatus::kDegraded;
    default:
      return HealthStatus::kUnknown;
  }
}

std::optional<config::Endpoint> DecodeEndpoint(const LbEndpoint& proto, const FieldPath& path,
                                               Findings& findings) {
  if (proto.has_endpoint_name()) return std::nullopt;  // refused by CheckMessage
  const FieldPath endpoint = path.Field("endpoint");
  const FieldPath address_path = endpoint.Field("address");
  if (!proto.endpoint().has_address()) {
    findings.Missing(address_path, "is required");
    return std::nullopt;
  }
  const auto address = DecodeAddress(proto.endpoint().address(), address_path, findings);
  if (!address) return std::nullopt;
  if (address->port() == 0 && proto.endpoint().address().socket_address().has_port_value()) {
    const FieldPath socket_address = address_path.Field("socket_address");
    findings.Error(socket_address.Field("port_value"), "0", "expected a port from 1 to 65535");
  }
  return config::Endpoint{
      .address = *address,
      .hostname = proto.endpoint().hostname(),
      .weight = proto.has_load_balancing_weight() ? proto.load_balancing_weight().value() : 1,
      .health = DecodeHealth(proto.health_status()),
  };
}

config::LocalityEndpoints DecodeLocality(const LocalityLbEndpoints& proto, const FieldPath& path,
                                         Findings& findings) {
  config::LocalityEndpoints locality;
  locality.locality = {.region = proto.locality().region(),
                       .zone = proto.locality().zone(),
                       .sub_zone = proto.locality().sub_zone()};
  locality.priority = proto.priority();
  locality.weight = proto.load_balancing_weight().value();
  uint64_t sum = 0;
  for (int i = 0; i < proto.lb_endpoints_size(); ++i) {
    const FieldPath element = path.Element("lb_endpoints", static_cast<size_t>(i));
    const auto endpoint = DecodeEndpoint(proto.lb_endpoints(i), element, findings);
    if (!endpoint) continue;
    sum += endpoint->weight;
    locality.endpoints.push_back(*endpoint);
  }
  if (sum > kWeightSumMax) {
    findings.Error(path.Field("lb_endpoints"), absl::StrCat(sum),
                   absl::StrCat("expected weights with a sum of at most ", kWeightSumMax));
  }
  return locality;
}

}  // namespace

config::LoadAssignment DecodeLoadAssignment(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& proto, const FieldPath& path,
    Findings& findings) {
  config::LoadAssignment assignment;
  std::map<uint32_t, uint64_t> weights_by_priority;
  for (int i = 0; i < proto.endpoints_size(); ++i) {
    const FieldPath element = path.Element("endpoints", static_cast<size_t>(i));
    assignment.localities.push_back(DecodeLocality(proto.endpoints(i), element, findings));
    const config::LocalityEndpoints& locality = assignment.localities.back();
    uint64_t& sum = weights_by_priority[locality.priority];
    sum += locality.weight;
    if (sum > kWeightSumMax) {
      findings.Error(
          element.Field("load_balancing_weight"), absl::StrCat(locality.weight),
          absl::StrCat("expected weights of one priority with a sum of at most ", kWeightSumMax));
    }
  }
  return assignment;
}

}  // namespace outrigger::xds

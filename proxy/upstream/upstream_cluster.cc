// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/upstream_cluster.h"

#include <algorithm>
#include <span>
#include <utility>

#include "proxy/upstream/least_request.h"
#include "proxy/upstream/random.h"
#include "proxy/upstream/round_robin.h"

namespace outrigger::upstream {
namespace {

bool IsUsable(config::HealthStatus health) {
  using enum config::HealthStatus;
  switch (health) {
    case kUnknown:
    case kHealthy:
    case kDegraded:
      return true;
    case kUnhealthy:
    case kDraining:
    case kTimeout:
      return false;
  }
  return false;
}

// Weights of localities count for nothing: Envoy looks at them only under
// locality_weighted_lb_config, which we refuse.
std::vector<ServedEndpoint> EndpointsOf(const config::Cluster& cluster, EndpointStates& states) {
  std::vector<ServedEndpoint> endpoints;
  if (cluster.load_assignment == nullptr) return endpoints;
  for (const config::LocalityEndpoints& locality : cluster.load_assignment->localities) {
    for (const config::Endpoint& endpoint : locality.endpoints) {
      endpoints.push_back({.address = endpoint.address,
                           .weight = endpoint.weight,
                           .priority = locality.priority,
                           .usable = IsUsable(endpoint.health),
                           .state = states.Endpoint(cluster.name, endpoint.address)});
    }
  }
  return endpoints;
}

std::unique_ptr<LoadBalancer> MakeBalancer(const config::Cluster& cluster,
                                           std::span<const ServedEndpoint> endpoints,
                                           ClusterStatePtr state) {
  if (endpoints.empty()) return nullptr;
  switch (cluster.lb_policy) {
    case config::LbPolicy::kLeastRequest:
      return std::make_unique<LeastRequest>(endpoints, *state, cluster.least_request_choices);
    case config::LbPolicy::kRandom:
      return std::make_unique<Random>(endpoints);
    // Only an original destination provides for itself, and that is answered before any balancer is
    // asked.
    case config::LbPolicy::kClusterProvided:
    case config::LbPolicy::kRoundRobin:
      break;
  }
  return std::make_unique<RoundRobin>(endpoints, std::move(state));
}

}  // namespace

absl::string_view StatName(const config::Cluster& cluster) {
  return cluster.alt_stat_name.empty() ? cluster.name : cluster.alt_stat_name;
}

std::shared_ptr<const UpstreamCluster> UpstreamCluster::Create(
    config::ClusterPtr config, EndpointStates& states,
    observe::PerWorkerPtr<observe::ClusterCounters> counters) {
  // make_shared cannot reach the constructor.
  return std::shared_ptr<const UpstreamCluster>(
      new UpstreamCluster(std::move(config), states, std::move(counters)));
}

UpstreamCluster::UpstreamCluster(config::ClusterPtr config, EndpointStates& states,
                                 observe::PerWorkerPtr<observe::ClusterCounters> counters)
    : config_(std::move(config)), counters_(std::move(counters)) {
  if (config_->type == config::ClusterType::kOriginalDst) return;
  endpoints_ = EndpointsOf(*config_, states);
  uint32_t priority = UINT32_MAX;
  for (const ServedEndpoint& endpoint : endpoints_) {
    if (endpoint.usable) priority = std::min(priority, endpoint.priority);
  }
  const auto end = std::stable_partition(endpoints_.begin(), endpoints_.end(),
                                         [priority](const ServedEndpoint& endpoint) {
                                           return endpoint.usable && endpoint.priority == priority;
                                         });
  balanced_count_ = static_cast<size_t>(end - endpoints_.begin());
  // The balancer looks into endpoints_, which stays where it is from here on.
  balancer_ = MakeBalancer(*config_, std::span(endpoints_).first(balanced_count_),
                           states.Cluster(config_->name));
}

UpstreamCluster::Choice UpstreamCluster::Pick(
    uint64_t random_bits,
    const std::optional<policy::OriginalDestination>& original_destination) const {
  if (config_->type == config::ClusterType::kOriginalDst) {
    if (!original_destination.has_value()) return {.failure = Failure::kNoOriginalDestination};
    return {.endpoint = original_destination->address()};
  }
  if (balancer_ == nullptr) return {.failure = Failure::kNoHealthyEndpoint};
  const ServedEndpoint& picked = endpoints_[balancer_->Pick(random_bits)];
  return {.endpoint = picked.address, .state = picked.state};
}

}  // namespace outrigger::upstream

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

#include "config/cluster.h"
#include "config/socket_address.h"
#include "proxy/observe/counters.h"
#include "proxy/policy/connection_facts.h"
#include "proxy/upstream/endpoint_state.h"
#include "proxy/upstream/load_balancer.h"

namespace outrigger::upstream {

// The name under which a cluster's statistics stand: alt_stat_name, or else its name.
absl::string_view StatName(const config::Cluster& cluster);

// A cluster with everything that a pick needs. Built off the workers, shared by them, by the
// sessions it serves, and by snapshots as long as its configuration stays the same. Nothing of it
// changes but the numbers in the states.
class UpstreamCluster {
 public:
  // `counters` are those of StatName.
  static std::shared_ptr<const UpstreamCluster> Create(
      config::ClusterPtr config, EndpointStates& states,
      observe::PerWorkerPtr<observe::ClusterCounters> counters);
  UpstreamCluster(const UpstreamCluster&) = delete;
  UpstreamCluster& operator=(const UpstreamCluster&) = delete;

  enum class Failure : uint8_t {
    kNone,
    kNoHealthyEndpoint,      // no endpoint, or none that its health allows
    kNoOriginalDestination,  // the connection was not redirected; dialling where it arrived would
                             // be dialling ourselves
  };
  struct Choice {
    Failure failure = Failure::kNone;
    std::optional<config::SocketAddress> endpoint;  // where to dial; empty: `failure` says why
    // For an ActiveConnection, from the dial on; null for an original destination.
    EndpointStatePtr state;
  };
  // Where a new connection goes. `original_destination` only if the connection was redirected.
  Choice Pick(uint64_t random_bits,
              const std::optional<policy::OriginalDestination>& original_destination) const;

  const config::Cluster& config() const { return *config_; }
  const config::ClusterPtr& shared_config() const { return config_; }
  observe::ClusterCounters& counters(size_t worker) const { return counters_->at(worker); }
  // All endpoints: first those that are picked from, the others in the order of the configuration.
  const std::vector<ServedEndpoint>& endpoints() const { return endpoints_; }
  size_t balanced_count() const { return balanced_count_; }

 private:
  UpstreamCluster(config::ClusterPtr config, EndpointStates& states,
                  observe::PerWorkerPtr<observe::ClusterCounters> counters);

  const config::ClusterPtr config_;
  const observe::PerWorkerPtr<observe::ClusterCounters> counters_;
  std::vector<ServedEndpoint> endpoints_;
  // The usable ones of the lowest priority that has any.
  size_t balanced_count_ = 0;
  std::unique_ptr<LoadBalancer> balancer_;  // over those; null if there are none
};
using UpstreamClusterPtr = std::shared_ptr<const UpstreamCluster>;

}  // namespace outrigger::upstream

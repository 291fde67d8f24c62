// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/filter_chain.h"

namespace outrigger::policy {

// From a filter chain to a cluster. Immutable; built off the workers.
class Route {
 public:
  // Requires: tcp_proxy.clusters is not empty.
  explicit Route(const config::TcpProxy& tcp_proxy);

  // The place in tcp_proxy.clusters of the cluster that a new connection goes to: each with the
  // probability of its weight among all weights, weight 0 never. O(log n).
  size_t PickCluster(uint64_t random_bits) const;

 private:
  // Sum of the weights up to and including each cluster; empty if there is one cluster.
  std::vector<uint64_t> weight_sums_;
};

}  // namespace outrigger::policy

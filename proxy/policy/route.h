// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/filter_chain.h"
#include "proxy/base/weighted_choice.h"

namespace outrigger::policy {

// From a filter chain to a cluster. Immutable; built off the workers.
class Route {
 public:
  // Requires: tcp_proxy.clusters is not empty.
  explicit Route(const config::TcpProxy& tcp_proxy);

  // The place in tcp_proxy.clusters of the cluster that a new connection goes to.
  size_t PickCluster(uint64_t random_bits) const { return choice_.Pick(random_bits); }

 private:
  WeightedChoice choice_;
};

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proxy/upstream/load_balancer.h"

namespace outrigger::upstream {

// In turn; with differing weights in the order of an earliest-deadline schedule, as Envoy. The turn
// is the cluster's and not a worker's. The schedule of one whole round is laid out beforehand, so
// that a pick is one atomic addition and one look.
class RoundRobin final : public LoadBalancer {
 public:
  // A round takes the sum of the weights, divided by what they have in common. Where that is longer
  // than this, and than sixteen turns an endpoint, the weights are scaled down to it (16 KiB for a
  // few endpoints, 64 bytes each for many).
  static constexpr size_t kRoundTurnsMax = 4096;
  static constexpr size_t kTurnsPerEndpointMax = 16;

  RoundRobin(std::span<const ServedEndpoint> endpoints, ClusterStatePtr state);

  size_t Pick(uint64_t random_bits) override;

 private:
  const size_t count_;
  const ClusterStatePtr state_;
  std::vector<uint32_t> round_;  // empty for equal weights
};

}  // namespace outrigger::upstream

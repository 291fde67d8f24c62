// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proxy/base/weighted_choice.h"
#include "proxy/upstream/load_balancer.h"

namespace outrigger::upstream {

// At random in proportion to the weights. Envoy's RANDOM does not look at weights; whoever writes
// them down means them.
class Random final : public LoadBalancer {
 public:
  explicit Random(std::span<const ServedEndpoint> endpoints);

  size_t Pick(uint64_t random_bits) override { return choice_.Pick(random_bits); }

 private:
  const WeightedChoice choice_;
};

}  // namespace outrigger::upstream

// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/random.h"

#include <vector>

namespace outrigger::upstream {
namespace {

std::vector<uint32_t> WeightsOf(std::span<const ServedEndpoint> endpoints) {
  std::vector<uint32_t> weights;
  weights.reserve(endpoints.size());
  for (const ServedEndpoint& endpoint : endpoints) weights.push_back(endpoint.weight);
  return weights;
}

}  // namespace

Random::Random(std::span<const ServedEndpoint> endpoints) : choice_(WeightsOf(endpoints)) {}

}  // namespace outrigger::upstream

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"

#include "proxy/upstream/load_balancer.h"

namespace outrigger::upstream {

// One endpoint 10.0.0.N:80 per weight.
inline std::vector<ServedEndpoint> EndpointsOfWeights(const std::vector<uint32_t>& weights) {
  std::vector<ServedEndpoint> endpoints;
  for (size_t i = 0; i < weights.size(); ++i) {
    endpoints.push_back({.address = *config::SocketAddress::Parse(
                             absl::StrCat("10.0.", i / 250, ".", i % 250, ":80")),
                         .weight = weights[i],
                         .state = std::make_shared<EndpointState>()});
  }
  return endpoints;
}

// How often each place was chosen in `picks` picks; `next_random` gives the bits.
template <typename NextRandom>
std::vector<int> CountPicks(LoadBalancer& balancer, size_t places, int picks,
                            NextRandom next_random) {
  std::vector<int> counts(places);
  for (int i = 0; i < picks; ++i) ++counts[balancer.Pick(next_random())];
  return counts;
}

}  // namespace outrigger::upstream

// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/route.h"

#include <algorithm>

#include "proxy/base/check.h"

namespace outrigger::policy {

Route::Route(const config::TcpProxy& tcp_proxy) {
  CHECK(!tcp_proxy.clusters.empty());
  if (tcp_proxy.clusters.size() == 1) return;
  weight_sums_.reserve(tcp_proxy.clusters.size());
  uint64_t sum = 0;
  for (const config::WeightedCluster& cluster : tcp_proxy.clusters)
    weight_sums_.push_back(sum += cluster.weight);
  // With nothing to weigh by the first cluster is as good as any.
  if (sum == 0) weight_sums_.clear();
}

size_t Route::PickCluster(uint64_t random_bits) const {
  if (weight_sums_.empty()) return 0;
  // The bias of the remainder is below 2^-16 even for 2^16 clusters of the greatest weight.
  const uint64_t drawn = random_bits % weight_sums_.back();
  const auto at = std::upper_bound(weight_sums_.begin(), weight_sums_.end(), drawn);
  return static_cast<size_t>(at - weight_sums_.begin());
}

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/route.h"

#include <vector>

namespace outrigger::policy {
namespace {

std::vector<uint32_t> WeightsOf(const config::TcpProxy& tcp_proxy) {
  std::vector<uint32_t> weights;
  weights.reserve(tcp_proxy.clusters.size());
  for (const config::WeightedCluster& cluster : tcp_proxy.clusters)
    weights.push_back(cluster.weight);
  return weights;
}

}  // namespace

Route::Route(const config::TcpProxy& tcp_proxy) : choice_(WeightsOf(tcp_proxy)) {}

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/snapshot_publisher.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/base/status_macros.h"

namespace outrigger::server {
namespace {

session::ListenerParts MakeParts(const policy::ServedListener& served, observe::StatsStore& stats) {
  session::ListenerParts parts{.chains = {},
                               .counters = stats.Listener(served.listener->stat_prefix)};
  for (const config::FilterChainPtr& chain : served.matcher.chains()) {
    parts.chains.push_back(std::make_shared<session::ServedChain>(
        session::ServedChain{.chain = chain,
                             .route = policy::Route(chain->tcp_proxy),
                             .counters = stats.TcpProxy(chain->tcp_proxy.stat_prefix)}));
  }
  return parts;
}

}  // namespace

absl::StatusOr<session::ServingSnapshotPtr> BuildServingSnapshot(
    config::SnapshotPtr snapshot, absl::flat_hash_set<uint16_t> own_ports,
    upstream::EndpointStates& endpoint_states, observe::StatsStore& stats) {
  auto serving = std::make_shared<session::ServingSnapshot>();
  std::vector<policy::ServedListenerPtr> listeners;
  for (const config::ListenerPtr& listener : snapshot->listeners) {
    ASSIGN_OR_RETURN(policy::ServedListenerPtr served, policy::MakeServedListener(listener));
    serving->uses_original_destination = serving->uses_original_destination ||
                                         listener->use_original_dst ||
                                         listener->original_dst_filter;
    serving->listener_parts.emplace(served.get(), MakeParts(*served, stats));
    listeners.push_back(std::move(served));
  }
  ASSIGN_OR_RETURN(serving->listeners, policy::ListenerIndex::Create(std::move(listeners)));
  for (const config::ClusterPtr& cluster : snapshot->clusters) {
    serving->clusters.emplace(
        cluster->name, upstream::UpstreamCluster::Create(
                           cluster, endpoint_states, stats.Cluster(upstream::StatName(*cluster))));
  }
  serving->own_ports = std::move(own_ports);
  serving->config = std::move(snapshot);
  return serving;
}

}  // namespace outrigger::server

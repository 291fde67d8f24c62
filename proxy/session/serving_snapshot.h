// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "config/snapshot.h"
#include "proxy/observe/counters.h"
#include "proxy/policy/listener_index.h"
#include "proxy/policy/route.h"
#include "proxy/upstream/upstream_cluster.h"

namespace outrigger::session {

// What is prepared for one filter chain.
struct ServedChain {
  config::FilterChainPtr chain;
  policy::Route route;
  observe::PerWorkerPtr<observe::TcpProxyCounters> counters;
};

// What is prepared for one listener beside its matcher. Chains stand in the matcher's order.
struct ListenerParts {
  std::vector<std::shared_ptr<const ServedChain>> chains;
  observe::PerWorkerPtr<observe::ListenerCounters> counters;
};

// A configuration snapshot with everything that workers need ready-made. Immutable; built off the
// workers by server/snapshot_publisher, read by all of them.
struct ServingSnapshot {
  config::SnapshotPtr config;
  policy::ListenerIndex listeners;
  absl::flat_hash_map<const policy::ServedListener*, ListenerParts> listener_parts;
  absl::flat_hash_map<std::string, upstream::UpstreamClusterPtr> clusters;
  // Whether connections are redirected to us at all.
  bool uses_original_destination = false;
  // Ports of our own listening sockets, the admin's included.
  absl::flat_hash_set<uint16_t> own_ports;
};
using ServingSnapshotPtr = std::shared_ptr<const ServingSnapshot>;

}  // namespace outrigger::session

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"

#include "config/snapshot.h"
#include "proxy/observe/counters.h"
#include "proxy/session/serving_snapshot.h"
#include "proxy/upstream/endpoint_state.h"

namespace outrigger::server {

// Turns a decoded snapshot into what workers serve from: matchers, routes, clusters with their
// shared state, blocks of counters. Runs off the workers. `own_ports`: ports of our own listening
// sockets.
absl::StatusOr<session::ServingSnapshotPtr> BuildServingSnapshot(
    config::SnapshotPtr snapshot, absl::flat_hash_set<uint16_t> own_ports,
    upstream::EndpointStates& endpoint_states, observe::StatsStore& stats);

}  // namespace outrigger::server

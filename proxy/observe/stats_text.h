// SPDX-License-Identifier: Apache-2.0
//
// All numbers of the process as one sorted list of `name value` pairs under Envoy's names, and as
// the text of /stats.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "proxy/observe/counters.h"

namespace outrigger::observe {

// Values are those of envoy.admin.v3.ServerInfo.State, because `server.state` prints them.
enum class ServerState : uint8_t {
  kLive = 0,
  kDraining = 1,
  kPreInitializing = 2,
  kInitializing = 3
};
// "LIVE", "DRAINING", "PRE_INITIALIZING", "INITIALIZING".
absl::string_view ServerStateName(ServerState state);

struct ClusterMembership {
  std::string stat_name;  // as given to StatsStore::Cluster
  uint64_t total = 0;
  uint64_t healthy = 0;
};

// Numbers that do not belong to one listener, cluster or worker: a snapshot that the server takes
// when somebody asks.
struct ServerNumbers {
  ServerState state = ServerState::kInitializing;
  std::chrono::seconds uptime{0};
  uint64_t concurrency = 0;
  uint64_t initialization_time_ms = 0;
  uint64_t memory_allocated = 0;      // handed out by the allocator
  uint64_t memory_heap_size = 0;      // held by the allocator
  uint64_t memory_physical_size = 0;  // resident
  uint64_t static_unknown_fields = 0;
  uint64_t dynamic_unknown_fields = 0;
  bool workers_started = false;
  uint64_t listeners_added = 0;
  uint64_t listeners_active = 0;
  uint64_t listeners_draining = 0;
  uint64_t listener_create_failures = 0;
  uint64_t clusters_added = 0;
  uint64_t clusters_active = 0;
  uint64_t log_dropped_lines = 0;      // log::dropped_lines()
  uint64_t access_log_lost_lines = 0;  // AccessLogWriter::lost_lines()
  uint64_t open_descriptors = 0;
  std::vector<ClusterMembership> memberships;
};

struct Sample {
  std::string name;  // "cluster.<name>.upstream_cx_total"
  uint64_t value = 0;
  CounterKind kind = CounterKind::kCounter;
};

// Sorted by name. Sums over the workers are not one instant: a connection may be counted in one
// number and not yet in another.
std::vector<Sample> CollectSamples(const StatsStore& store, const ServerNumbers& numbers);

// `name: value` lines.
std::string FormatStats(const std::vector<Sample>& samples);

// A name as part of a statistic: ':' and NUL become '_', as in Envoy.
std::string SanitizeStatName(absl::string_view name);

}  // namespace outrigger::observe

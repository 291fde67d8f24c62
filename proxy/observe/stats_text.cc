// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/stats_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace outrigger::observe {
namespace {

using enum CounterKind;

template <typename T>
void AddBlocks(absl::string_view kind, const StatsStore::Entries<T>& entries,
               const std::vector<CounterField<T>>& fields, std::vector<Sample>& samples) {
  for (const auto& [name, block] : entries) {
    const std::string prefix = absl::StrCat(kind, ".", SanitizeStatName(name), ".");
    for (const auto& field : fields) {
      samples.push_back({absl::StrCat(prefix, field.name), block->Sum(field.member), field.kind});
    }
  }
}

uint64_t ActiveConnections(const StatsStore& store) {
  return store.workers().Sum(&WorkerCounters::sessions_active);
}

void AddServer(const StatsStore& store, const ServerNumbers& numbers,
               std::vector<Sample>& samples) {
  // Envoy prints the largest 32-bit number while there is no certificate.
  constexpr uint64_t kNoCertificate = std::numeric_limits<uint32_t>::max();
  samples.insert(samples.end(),
                 {
                     {"server.concurrency", numbers.concurrency, kGauge},
                     {"server.days_until_first_cert_expiring", kNoCertificate, kGauge},
                     {"server.dynamic_unknown_fields", numbers.dynamic_unknown_fields, kCounter},
                     {"server.hot_restart_epoch", 0, kGauge},
                     {"server.live", numbers.state == ServerState::kLive ? uint64_t{1} : 0, kGauge},
                     {"server.memory_allocated", numbers.memory_allocated, kGauge},
                     {"server.memory_heap_size", numbers.memory_heap_size, kGauge},
                     {"server.memory_physical_size", numbers.memory_physical_size, kGauge},
                     {"server.parent_connections", 0, kGauge},
                     {"server.state", static_cast<uint64_t>(numbers.state), kGauge},
                     {"server.static_unknown_fields", numbers.static_unknown_fields, kCounter},
                     {"server.total_connections", ActiveConnections(store), kGauge},
                     {"server.uptime", static_cast<uint64_t>(numbers.uptime.count()), kGauge},
                 });
}

void AddResources(const ServerNumbers& numbers, std::vector<Sample>& samples) {
  samples.insert(
      samples.end(),
      {
          {"cluster_manager.active_clusters", numbers.clusters_active, kGauge},
          {"cluster_manager.cluster_added", numbers.clusters_added, kCounter},
          {"cluster_manager.cluster_modified", 0, kCounter},
          {"cluster_manager.cluster_removed", 0, kCounter},
          {"cluster_manager.warming_clusters", 0, kGauge},
          {"listener_manager.listener_added", numbers.listeners_added, kCounter},
          {"listener_manager.listener_create_failure", numbers.listener_create_failures, kCounter},
          {"listener_manager.listener_modified", 0, kCounter},
          {"listener_manager.listener_removed", 0, kCounter},
          {"listener_manager.total_filter_chains_draining", 0, kGauge},
          {"listener_manager.total_listeners_active", numbers.listeners_active, kGauge},
          {"listener_manager.total_listeners_draining", numbers.listeners_draining, kGauge},
          {"listener_manager.total_listeners_warming", 0, kGauge},
          {"listener_manager.workers_started", numbers.workers_started ? uint64_t{1} : 0, kGauge},
      });
  for (const ClusterMembership& membership : numbers.memberships) {
    const std::string prefix = absl::StrCat("cluster.", SanitizeStatName(membership.stat_name));
    samples.push_back({prefix + ".membership_healthy", membership.healthy, kGauge});
    samples.push_back({prefix + ".membership_total", membership.total, kGauge});
  }
}

void AddOwn(const StatsStore& store, const ServerNumbers& numbers, std::vector<Sample>& samples) {
  for (const auto& field : WorkerFields()) {
    samples.push_back(
        {absl::StrCat("outrigger.", field.name), store.workers().Sum(field.member), field.kind});
  }
  samples.insert(samples.end(),
                 {
                     {"outrigger.access_log_lost_lines", numbers.access_log_lost_lines, kCounter},
                     {"outrigger.initialization_time_ms", numbers.initialization_time_ms, kGauge},
                     {"outrigger.log_dropped_lines", numbers.log_dropped_lines, kCounter},
                     {"outrigger.open_descriptors", numbers.open_descriptors, kGauge},
                 });
}

// "a:b" and "a_b" are one name once sanitized, and one number then, as in Envoy.
std::vector<Sample> AddUpEqualNames(std::vector<Sample> sorted) {
  std::vector<Sample> samples;
  for (Sample& sample : sorted) {
    if (!samples.empty() && samples.back().name == sample.name) {
      samples.back().value += sample.value;
    } else {
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

}  // namespace

absl::string_view ServerStateName(ServerState state) {
  switch (state) {
    case ServerState::kLive:
      return "LIVE";
    case ServerState::kDraining:
      return "DRAINING";
    case ServerState::kPreInitializing:
      return "PRE_INITIALIZING";
    case ServerState::kInitializing:
      return "INITIALIZING";
  }
  return "INITIALIZING";
}

std::vector<Sample> CollectSamples(const StatsStore& store, const ServerNumbers& numbers) {
  std::vector<Sample> samples;
  AddBlocks("listener", store.listeners(), ListenerFields(), samples);
  AddBlocks("cluster", store.clusters(), ClusterFields(), samples);
  AddBlocks("tcp", store.tcp_proxies(), TcpProxyFields(), samples);
  AddServer(store, numbers, samples);
  AddResources(numbers, samples);
  AddOwn(store, numbers, samples);
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.name < b.name; });
  return AddUpEqualNames(std::move(samples));
}

std::string FormatStats(const std::vector<Sample>& samples) {
  std::string text;
  for (const Sample& sample : samples)
    absl::StrAppend(&text, sample.name, ": ", sample.value, "\n");
  return text;
}

std::string SanitizeStatName(absl::string_view name) {
  std::string sanitized(name);
  for (char& c : sanitized) {
    // A line break would forge a line of /stats; the configuration reader refuses it, the wire may
    // not.
    if (c == ':' || static_cast<unsigned char>(c) < ' ') c = '_';
  }
  return sanitized;
}

}  // namespace outrigger::observe

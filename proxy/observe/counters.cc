// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/counters.h"

#include <algorithm>
#include <utility>

namespace outrigger::observe {
namespace {

using enum CounterKind;

// A block stays for the life of the process: a listener or cluster that comes back goes on counting
// where it was.
template <typename T>
PerWorkerPtr<T>& FindOrMake(absl::flat_hash_map<std::string, PerWorkerPtr<T>>& table,
                            absl::string_view name, size_t workers) {
  PerWorkerPtr<T>& block = table[name];
  if (block == nullptr) block = std::make_shared<PerWorker<T>>(workers);
  return block;
}

template <typename T>
StatsStore::Entries<T> Sorted(const absl::flat_hash_map<std::string, PerWorkerPtr<T>>& table) {
  StatsStore::Entries<T> entries(table.begin(), table.end());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return entries;
}

}  // namespace

const std::vector<CounterField<ListenerCounters>>& ListenerFields() {
  using C = ListenerCounters;
  static const auto* fields = new std::vector<CounterField<C>>{
      {"downstream_cx_active", &C::downstream_cx_active, kGauge},
      {"downstream_cx_destroy", &C::downstream_cx_destroy, kCounter},
      {"downstream_cx_overflow", &C::downstream_cx_overflow, kCounter},
      {"downstream_cx_total", &C::downstream_cx_total, kCounter},
      {"no_filter_chain_match", &C::no_filter_chain_match, kCounter},
  };
  return *fields;
}

const std::vector<CounterField<ClusterCounters>>& ClusterFields() {
  using C = ClusterCounters;
  static const auto* fields = new std::vector<CounterField<C>>{
      {"bind_errors", &C::bind_errors, kCounter},
      {"upstream_cx_active", &C::upstream_cx_active, kGauge},
      {"upstream_cx_connect_attempts_exceeded", &C::upstream_cx_connect_attempts_exceeded,
       kCounter},
      {"upstream_cx_connect_fail", &C::upstream_cx_connect_fail, kCounter},
      {"upstream_cx_connect_timeout", &C::upstream_cx_connect_timeout, kCounter},
      {"upstream_cx_destroy", &C::upstream_cx_destroy, kCounter},
      {"upstream_cx_none_healthy", &C::upstream_cx_none_healthy, kCounter},
      {"upstream_cx_rx_bytes_total", &C::upstream_cx_rx_bytes_total, kCounter},
      {"upstream_cx_total", &C::upstream_cx_total, kCounter},
      {"upstream_cx_tx_bytes_total", &C::upstream_cx_tx_bytes_total, kCounter},
  };
  return *fields;
}

const std::vector<CounterField<TcpProxyCounters>>& TcpProxyFields() {
  using C = TcpProxyCounters;
  static const auto* fields = new std::vector<CounterField<C>>{
      {"downstream_cx_no_route", &C::downstream_cx_no_route, kCounter},
      {"downstream_cx_rx_bytes_total", &C::downstream_cx_rx_bytes_total, kCounter},
      {"downstream_cx_total", &C::downstream_cx_total, kCounter},
      {"downstream_cx_tx_bytes_total", &C::downstream_cx_tx_bytes_total, kCounter},
      {"idle_timeout", &C::idle_timeout, kCounter},
      {"max_downstream_connection_duration", &C::max_downstream_connection_duration, kCounter},
  };
  return *fields;
}

const std::vector<CounterField<WorkerCounters>>& WorkerFields() {
  using C = WorkerCounters;
  static const auto* fields = new std::vector<CounterField<C>>{
      {"accept_pauses", &C::accept_pauses, kCounter},
      {"access_log_dropped_lines", &C::access_log_dropped_lines, kCounter},
      {"loop_refused", &C::loop_refused, kCounter},
      {"original_destination_unknown", &C::original_destination_unknown, kCounter},
      {"pipe_failures", &C::pipe_failures, kCounter},
      {"relay_copied_bytes", &C::relay_copied_bytes, kCounter},
      {"relay_splice_entered", &C::relay_splice_entered, kCounter},
      {"relay_splice_left", &C::relay_splice_left, kCounter},
      {"relay_spliced_bytes", &C::relay_spliced_bytes, kCounter},
      {"session_limit_refused", &C::session_limit_refused, kCounter},
      {"sessions_active", &C::sessions_active, kGauge},
      {"sessions_handed_over", &C::sessions_handed_over, kCounter},
      {"sessions_idle_noticed", &C::sessions_idle_noticed, kCounter},
      {"sessions_total", &C::sessions_total, kCounter},
  };
  return *fields;
}

StatsStore::StatsStore(size_t workers) : worker_count_(workers), worker_counters_(workers) {}

PerWorkerPtr<ListenerCounters> StatsStore::Listener(absl::string_view stat_prefix) {
  const MutexLock lock(mutex_);
  return FindOrMake(listeners_, stat_prefix, worker_count_);
}

PerWorkerPtr<ClusterCounters> StatsStore::Cluster(absl::string_view stat_name) {
  const MutexLock lock(mutex_);
  return FindOrMake(clusters_, stat_name, worker_count_);
}

PerWorkerPtr<TcpProxyCounters> StatsStore::TcpProxy(absl::string_view stat_prefix) {
  const MutexLock lock(mutex_);
  return FindOrMake(tcp_proxies_, stat_prefix, worker_count_);
}

StatsStore::Entries<ListenerCounters> StatsStore::listeners() const {
  const MutexLock lock(mutex_);
  return Sorted(listeners_);
}

StatsStore::Entries<ClusterCounters> StatsStore::clusters() const {
  const MutexLock lock(mutex_);
  return Sorted(clusters_);
}

StatsStore::Entries<TcpProxyCounters> StatsStore::tcp_proxies() const {
  const MutexLock lock(mutex_);
  return Sorted(tcp_proxies_);
}

}  // namespace outrigger::observe

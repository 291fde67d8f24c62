// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the data path. Every worker writes its own copy and nobody else does, so an increment
// is a plain load and store; the main thread adds the copies up when somebody asks. Names are
// Envoy's; our own stand in WorkerCounters and are printed as `outrigger.*`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "proxy/base/check.h"
#include "proxy/base/mutex.h"

namespace outrigger::observe {

// One number with one writing thread. Relaxed is enough: readers want a recent value, not an
// ordering.
class Counter {
 public:
  void Add(uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  // For gauges. A session may never leave the worker that counted it.
  void Subtract(uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// 64: a cache line, so that workers do not write into each other's lines.
struct alignas(64) ListenerCounters {
  Counter downstream_cx_total;
  Counter downstream_cx_destroy;
  Counter downstream_cx_active;  // gauge
  Counter downstream_cx_overflow;
  Counter no_filter_chain_match;
};

struct alignas(64) ClusterCounters {
  Counter upstream_cx_total;
  Counter upstream_cx_active;  // gauge
  Counter upstream_cx_destroy;
  Counter upstream_cx_connect_fail;
  Counter upstream_cx_connect_timeout;
  Counter upstream_cx_connect_attempts_exceeded;
  Counter upstream_cx_none_healthy;
  Counter upstream_cx_rx_bytes_total;
  Counter upstream_cx_tx_bytes_total;
  Counter bind_errors;
};

// By tcp_proxy.stat_prefix.
struct alignas(64) TcpProxyCounters {
  Counter downstream_cx_total;
  Counter downstream_cx_no_route;
  Counter downstream_cx_rx_bytes_total;
  Counter downstream_cx_tx_bytes_total;
  Counter idle_timeout;
  Counter max_downstream_connection_duration;
};

struct alignas(64) WorkerCounters {
  Counter sessions_total;
  Counter sessions_active;       // gauge
  Counter sessions_handed_over;  // accepted here, served by a less loaded worker
  Counter session_limit_refused;
  Counter loop_refused;  // a dial of ours that came back, or one of our own listening ports
  Counter original_destination_unknown;
  Counter accept_pauses;  // descriptors or memory used up
  Counter relay_spliced_bytes;
  Counter relay_copied_bytes;
  Counter relay_splice_entered;
  Counter relay_splice_left;
  Counter pipe_failures;          // no pipe, or a small one: copied instead
  Counter sessions_idle_noticed;  // named in the log after an hour without a byte
  Counter access_log_dropped_lines;
};

// One copy of T per worker.
template <typename T>
class PerWorker {
 public:
  explicit PerWorker(size_t workers) : copies_(workers) {}
  T& at(size_t worker) {
    DCHECK(worker < copies_.size());
    return copies_[worker];
  }
  uint64_t Sum(Counter T::*member) const {
    uint64_t sum = 0;
    for (const T& copy : copies_) sum += (copy.*member).value();
    return sum;
  }

 private:
  std::vector<T> copies_;
};

template <typename T>
using PerWorkerPtr = std::shared_ptr<PerWorker<T>>;

enum class CounterKind : uint8_t { kCounter, kGauge };

template <typename T>
struct CounterField {
  absl::string_view name;
  Counter T::*member;
  CounterKind kind;
};

// The members of each block with the names they are printed under, in order of name. Defined in
// counters.cc.
const std::vector<CounterField<ListenerCounters>>& ListenerFields();
const std::vector<CounterField<ClusterCounters>>& ClusterFields();
const std::vector<CounterField<TcpProxyCounters>>& TcpProxyFields();
const std::vector<CounterField<WorkerCounters>>& WorkerFields();

// All blocks by name. Blocks are made off the workers when a snapshot is published and found again
// under the same name by the next one, so that numbers survive a change of configuration.
// Thread-safe; workers keep the pointers and never look up.
class StatsStore {
 public:
  explicit StatsStore(size_t workers);
  StatsStore(const StatsStore&) = delete;
  StatsStore& operator=(const StatsStore&) = delete;

  PerWorkerPtr<ListenerCounters> Listener(absl::string_view stat_prefix);
  PerWorkerPtr<ClusterCounters> Cluster(absl::string_view stat_name);
  PerWorkerPtr<TcpProxyCounters> TcpProxy(absl::string_view stat_prefix);
  PerWorker<WorkerCounters>& workers() { return worker_counters_; }
  const PerWorker<WorkerCounters>& workers() const { return worker_counters_; }

  template <typename T>
  using Entries = std::vector<std::pair<std::string, PerWorkerPtr<T>>>;
  // Copies of the tables, sorted by name.
  Entries<ListenerCounters> listeners() const;
  Entries<ClusterCounters> clusters() const;
  Entries<TcpProxyCounters> tcp_proxies() const;

 private:
  template <typename T>
  using Table = absl::flat_hash_map<std::string, PerWorkerPtr<T>>;

  const size_t worker_count_;
  PerWorker<WorkerCounters> worker_counters_;
  mutable Mutex mutex_;
  Table<ListenerCounters> listeners_ ABSL_GUARDED_BY(mutex_);
  Table<ClusterCounters> clusters_ ABSL_GUARDED_BY(mutex_);
  Table<TcpProxyCounters> tcp_proxies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace outrigger::observe

// SPDX-License-Identifier: Apache-2.0
//
// What changes with every connection and must be one number for the whole process: a limit or a
// balance that each worker kept for itself would multiply with the workers. Snapshots come and go;
// this stays, keyed by cluster name and address.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "config/socket_address.h"
#include "proxy/base/mutex.h"

namespace outrigger::upstream {

// Any thread. All accesses are relaxed: the numbers guide choices and are shown to people; nobody
// concludes from one of them that other memory has been written, and a choice made on a value that
// is a microsecond old is as good.
struct EndpointState {
  std::atomic<uint64_t> active{0};  // connections dialled and not yet closed
  std::atomic<uint64_t> total{0};
  std::atomic<uint64_t> connect_failures{0};
};
using EndpointStatePtr = std::shared_ptr<EndpointState>;

struct ClusterState {
  // The ticket of the next pick in turn. Relaxed too: fetch_add gives every picker a number of its
  // own, and that is all.
  std::atomic<uint64_t> position{0};
};
using ClusterStatePtr = std::shared_ptr<ClusterState>;

// One connection in an endpoint's numbers, from dial to close. Movable; destroying it ends the
// counting.
class ActiveConnection {
 public:
  ActiveConnection() = default;
  // Null is fine and counts nothing: an original destination is no endpoint.
  explicit ActiveConnection(EndpointStatePtr state);
  ActiveConnection(ActiveConnection&& other) noexcept = default;
  ActiveConnection& operator=(ActiveConnection&& other) noexcept;
  ActiveConnection(const ActiveConnection&) = delete;
  ActiveConnection& operator=(const ActiveConnection&) = delete;
  ~ActiveConnection() { Reset(); }

  void RecordConnectFailure();
  void Reset();

 private:
  EndpointStatePtr state_;
};

// The table. Thread-safe; asked off the workers only, when a snapshot is prepared: sessions keep
// the pointers. It holds nothing alive itself, so the state of a removed endpoint ends with its
// last session, and one that returns before that finds its numbers.
class EndpointStates {
 public:
  // `random_bits` says where taking turns begins, so that many proxies started together do not all
  // dial the same endpoint first.
  explicit EndpointStates(uint64_t random_bits) : first_position_(random_bits) {}
  EndpointStates(const EndpointStates&) = delete;
  EndpointStates& operator=(const EndpointStates&) = delete;

  ClusterStatePtr Cluster(absl::string_view cluster);
  EndpointStatePtr Endpoint(absl::string_view cluster, const config::SocketAddress& address);

  // Endpoints in the table, among them ended ones that have not been swept out yet.
  size_t endpoint_count() const;

 private:
  struct Entry {
    std::weak_ptr<ClusterState> state;
    absl::flat_hash_map<config::SocketAddress, std::weak_ptr<EndpointState>> endpoints;
  };

  void SweepIfDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint64_t first_position_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> clusters_ ABSL_GUARDED_BY(mutex_);
  size_t endpoint_count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 64;
};

}  // namespace outrigger::upstream

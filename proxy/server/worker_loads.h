// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace outrigger::server {

// How many sessions each worker carries, and how many the process may. The only state that workers
// share besides the counters of upstream/: one relaxed atomic per worker and one for the sum.
// Nothing is ordered by them; a choice made on a number that is a moment old is as good.
class WorkerLoads {
 public:
  struct Limits {
    uint64_t sessions = 0;                 // beyond it a connection is accepted and reset
    uint64_t sessions_by_descriptors = 0;  // beyond it connections wait in the backlog
  };
  WorkerLoads(size_t workers, Limits limits) : limits_(limits), loads_(workers) {}

  // The worker that should serve a connection which `self` has accepted, already counted there.
  // `self`, unless another one carries clearly less: with few sessions one less is enough (a
  // database has a dozen long connections), with many an eighth.
  size_t Assign(size_t self) {
    sessions_.fetch_add(1, std::memory_order_relaxed);
    size_t least = self;
    uint64_t least_load = loads_[self].value.load(std::memory_order_relaxed);
    const uint64_t own_load = least_load;
    for (size_t worker = 0; worker < loads_.size(); ++worker) {
      const uint64_t load = loads_[worker].value.load(std::memory_order_relaxed);
      if (load < least_load) {
        least = worker;
        least_load = load;
      }
    }
    if (own_load <= least_load + least_load / 8) least = self;
    loads_[least].value.fetch_add(1, std::memory_order_relaxed);
    return least;
  }
  void Remove(size_t worker) {
    loads_[worker].value.fetch_sub(1, std::memory_order_relaxed);
    sessions_.fetch_sub(1, std::memory_order_relaxed);
  }

  uint64_t sessions() const { return sessions_.load(std::memory_order_relaxed); }
  bool AtSessionLimit() const { return sessions() >= limits_.sessions; }
  bool AtDescriptorLimit() const { return sessions() >= limits_.sessions_by_descriptors; }
  const Limits& limits() const { return limits_; }

 private:
  // A cache line each.
  struct alignas(64) Load {
    std::atomic<uint64_t> value{0};
  };
  const Limits limits_;
  std::atomic<uint64_t> sessions_{0};
  std::vector<Load> loads_;
};

}  // namespace outrigger::server

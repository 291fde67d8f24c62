// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proxy/base/mutex.h"
#include "proxy/upstream/edf_schedule.h"
#include "proxy/upstream/load_balancer.h"

namespace outrigger::upstream {

// The least active of a few endpoints drawn at random (Envoy's LEAST_REQUEST; a connection is a
// request here). With differing weights, as Envoy, an earliest-deadline schedule in which an
// endpoint weighs weight / (active connections + 1). Connections that never end therefore settle at
// the square roots of the weights.
//
// That schedule is one for the process and guarded by a lock: every worker would otherwise begin
// with the heaviest endpoint, and most databases see a handful of connections in all. It is held
// for one O(log n) step per new connection (tens of nanoseconds beside the tens of microseconds
// that a connection costs), and only where weights differ.
class LeastRequest final : public LoadBalancer {
 public:
  // More choices hardly choose better, and the number comes from a configuration: from here on it
  // is cut.
  static constexpr uint32_t kChoicesMax = 32;

  // `endpoints` outlives this.
  LeastRequest(std::span<const ServedEndpoint> endpoints, const ClusterState& state,
               uint32_t choices);

  size_t Pick(uint64_t random_bits) override;

 private:
  uint64_t ActiveAt(size_t place) const {
    return endpoints_[place].state->active.load(std::memory_order_relaxed);
  }
  double WeightAt(size_t place) const;

  const std::span<const ServedEndpoint> endpoints_;
  const uint32_t choices_;
  double weight_max_ = 1;
  bool weights_differ_ = false;
  Mutex mutex_;
  EdfSchedule schedule_ ABSL_GUARDED_BY(mutex_);  // only if weights differ
};

}  // namespace outrigger::upstream

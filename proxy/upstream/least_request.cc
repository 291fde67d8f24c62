// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/least_request.h"

#include <algorithm>

#include "proxy/base/check.h"

namespace outrigger::upstream {
namespace {

// One step of splitmix64: any number of independent draws from the bits of one.
uint64_t NextRandom(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

}  // namespace

LeastRequest::LeastRequest(std::span<const ServedEndpoint> endpoints, const ClusterState& state,
                           uint32_t choices)
    : endpoints_(endpoints), choices_(std::clamp(choices, 1U, kChoicesMax)) {
  CHECK(!endpoints_.empty());
  for (const ServedEndpoint& endpoint : endpoints_) {
    weights_differ_ |= endpoint.weight != endpoints_.front().weight;
    weight_max_ = std::max(weight_max_, static_cast<double>(endpoint.weight));
  }
  if (!weights_differ_) return;
  const MutexLock lock(mutex_);
  for (uint32_t place = 0; place < endpoints_.size(); ++place)
    schedule_.Add(place, WeightAt(place));
  // Not everybody's first pick is the heaviest endpoint.
  const uint64_t turns = state.position.load(std::memory_order_relaxed) % endpoints_.size();
  for (uint64_t turn = 0; turn < turns; ++turn) {
    schedule_.Pick([this](uint32_t place) { return WeightAt(place); });
  }
}

size_t LeastRequest::Pick(uint64_t random_bits) {
  if (weights_differ_) {
    const MutexLock lock(mutex_);
    return schedule_.Pick([this](uint32_t place) { return WeightAt(place); });
  }
  // As in Envoy the same endpoint may be drawn twice, and the first drawn wins a tie.
  size_t best = NextRandom(random_bits) % endpoints_.size();
  for (uint32_t choice = 1; choice < choices_; ++choice) {
    const size_t drawn = NextRandom(random_bits) % endpoints_.size();
    if (ActiveAt(drawn) < ActiveAt(best)) best = drawn;
  }
  return best;
}

double LeastRequest::WeightAt(size_t place) const {
  const double weight = std::max(endpoints_[place].weight, 1U);
  return weight / weight_max_ / (static_cast<double>(ActiveAt(place)) + 1);
}

}  // namespace outrigger::upstream

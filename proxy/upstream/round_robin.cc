// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/round_robin.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/upstream/edf_schedule.h"

namespace outrigger::upstream {
namespace {

// How many turns of a round each endpoint has; empty if all have one.
std::vector<uint64_t> TurnsOf(std::span<const ServedEndpoint> endpoints) {
  uint64_t sum = 0;
  uint64_t divisor = 0;
  std::vector<uint64_t> turns;
  turns.reserve(endpoints.size());
  for (const ServedEndpoint& endpoint : endpoints) {
    const uint64_t weight = std::max(endpoint.weight, 1U);
    turns.push_back(weight);
    sum += weight;
    divisor = std::gcd(divisor, weight);
  }
  if (sum == divisor * turns.size()) return {};
  const size_t longest =
      std::max(RoundRobin::kRoundTurnsMax, RoundRobin::kTurnsPerEndpointMax * endpoints.size());
  const bool fits = sum / divisor <= longest;
  for (uint64_t& turn : turns) {
    // Rounded to the nearest, but nobody loses his last turn. 2^32 * longest stays far below 2^64.
    turn = fits ? turn / divisor : std::max<uint64_t>(1, (turn * longest + sum / 2) / sum);
  }
  return turns;
}

}  // namespace

RoundRobin::RoundRobin(std::span<const ServedEndpoint> endpoints, ClusterStatePtr state)
    : count_(endpoints.size()), state_(std::move(state)) {
  CHECK(count_ > 0);
  const std::vector<uint64_t> turns = TurnsOf(endpoints);
  if (turns.empty()) return;
  const auto most = static_cast<double>(*std::max_element(turns.begin(), turns.end()));
  const auto weight_of = [&](uint32_t place) { return static_cast<double>(turns[place]) / most; };
  EdfSchedule schedule;
  for (uint32_t place = 0; place < turns.size(); ++place) schedule.Add(place, weight_of(place));
  const uint64_t length = std::accumulate(turns.begin(), turns.end(), uint64_t{0});
  round_.reserve(length);
  for (uint64_t turn = 0; turn < length; ++turn) round_.push_back(schedule.Pick(weight_of));
}

size_t RoundRobin::Pick(uint64_t /*random_bits*/) {
  const uint64_t turn = state_->position.fetch_add(1, std::memory_order_relaxed);
  return round_.empty() ? turn % count_ : round_[turn % round_.size()];
}

}  // namespace outrigger::upstream

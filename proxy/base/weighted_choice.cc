// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/weighted_choice.h"

#include <algorithm>
#include <functional>

#include "proxy/base/check.h"

namespace outrigger {

WeightedChoice::WeightedChoice(const std::vector<uint32_t>& weights) : count_(weights.size()) {
  CHECK(!weights.empty());
  const bool differ =
      std::adjacent_find(weights.begin(), weights.end(), std::not_equal_to<>()) != weights.end();
  if (!differ) return;
  sums_.reserve(weights.size());
  uint64_t sum = 0;
  for (const uint32_t weight : weights) sums_.push_back(sum += weight);
}

size_t WeightedChoice::Pick(uint64_t random_bits) const {
  // The remainder favours low numbers by less than one in 2^16, for 2^16 of the greatest weights.
  if (sums_.empty()) return random_bits % count_;
  const auto at = std::upper_bound(sums_.begin(), sums_.end(), random_bits % sums_.back());
  return static_cast<size_t>(at - sums_.begin());
}

}  // namespace outrigger

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace outrigger {

// Picks a place in a list at random, each with the probability of its weight among all weights;
// weight 0 never. Immutable.
class WeightedChoice {
 public:
  // Requires: there is a weight. With all weights 0 they count as equal.
  explicit WeightedChoice(const std::vector<uint32_t>& weights);

  // O(1) for equal weights, O(log n) otherwise.
  size_t Pick(uint64_t random_bits) const;
  bool equal() const { return sums_.empty(); }

 private:
  size_t count_;
  // Sum of the weights up to and including each place; empty if all are equal.
  std::vector<uint64_t> sums_;
};

}  // namespace outrigger

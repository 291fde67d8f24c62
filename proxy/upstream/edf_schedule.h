// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace outrigger::upstream {

// Earliest deadline first: whoever is picked is due again after 1 / weight, so over time everyone
// is picked in proportion to his weight, and evenly spread. Among equal deadlines the one that
// waits longer goes first. O(log n). One thread at a time.
class EdfSchedule {
 public:
  // `weight` is above 0 and at most 1: with weights scaled to the greatest, time advances by less
  // than 1 a pick and keeps its precision for the life of a process.
  void Add(uint32_t place, double weight) {
    heap_.push_back({.deadline = now_ + 1 / weight, .order = order_++, .place = place});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }

  // `weight_of(place)` is asked once, for the deadline of the next turn of the one picked.
  // Requires: something was added.
  template <typename WeightOf>
  uint32_t Pick(WeightOf weight_of) {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    const Entry picked = heap_.back();
    heap_.pop_back();
    now_ = picked.deadline;
    Add(picked.place, weight_of(picked.place));
    return picked.place;
  }

 private:
  struct Entry {
    double deadline;
    uint64_t order;
    uint32_t place;
  };
  static bool Later(const Entry& a, const Entry& b) {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.order > b.order;
  }

  std::vector<Entry> heap_;
  double now_ = 0;
  uint64_t order_ = 0;
};

}  // namespace outrigger::upstream

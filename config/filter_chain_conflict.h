// SPDX-License-Identifier: Apache-2.0
//
// Filter chains of one listener that would match the same connections. Matching walks one criterion
// after the other and never goes back, so two chains that share a value (or "any") in every single
// criterion cannot be told apart: Envoy refuses the whole listener then, and so do we.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "config/listener.h"

namespace outrigger::config {

// Conflicts reported per listener: a reader fixes the first few and tries again.
inline constexpr size_t kFilterChainConflictsMax = 100;

// Values looked at per listener. 10,000 chains with ten values each stay far below; lists made to
// multiply do not.
inline constexpr size_t kFilterChainMatchStepsMax = 2'000'000;

struct FilterChainConflict {
  size_t first = 0;   // position in filter_chains
  size_t second = 0;  // the later one; equal to `first` if that chain lists a value twice or cannot
                      // be used at all
  // A sentence with both positions and names and the overlapping values; names no listener.
  std::string text;
};

// Empty if every connection has one answer. One entry per pair, in the order of `second`. The match
// of the default filter chain is ignored, as Envoy does.
std::vector<FilterChainConflict> FindFilterChainConflicts(const Listener& listener);

// The first conflict as kInvalidArgument that names the listener.
absl::Status CheckFilterChains(const Listener& listener);

}  // namespace outrigger::config

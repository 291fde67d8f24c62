// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace outrigger::policy {

// What a comparison came across.
struct ComparisonCounts {
  size_t chains_refused = 0;  // left out because they conflicted with those before
  size_t matched = 0;         // connections served by a chain of the list
  size_t defaulted = 0;       // by the default chain
  size_t unserved = 0;        // by none
};

// Makes a listener and connections out of `bytes`, from domains so small that chains collide and
// walks end half-way, and compares matcher and conflict search with the reference. Empty: they
// agree; else a text with everything needed to see why.
std::string CompareMatcherWithReference(std::span<const uint8_t> bytes, ComparisonCounts& counts);

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
//
// Bytes become a listener and connections; matcher and conflict search must agree with the slow
// reference.
#include <cstddef>
#include <cstdint>
#include <string>

#include "proxy/base/check.h"
#include "tests/proxy/policy/matcher_comparison.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  outrigger::policy::ComparisonCounts counts;
  const std::string difference =
      outrigger::policy::CompareMatcherWithReference({data, size}, counts);
  CHECK(difference.empty(), difference);
  return 0;
}

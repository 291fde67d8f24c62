// SPDX-License-Identifier: Apache-2.0
#include "tests/proxy/policy/filter_chain_reference.h"

#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"

#include "tests/proxy/policy/matcher_comparison.h"

namespace outrigger::policy {
namespace {

TEST(FilterChainReferenceTest, AgreesWithTheMatcherOnRandomListenersAndConnections) {
  uint64_t seed = 20240607;
  if (const char* chosen = std::getenv("OUTRIGGER_TEST_SEED"); chosen != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(chosen, &seed)) << "OUTRIGGER_TEST_SEED is no number: " << chosen;
  }
  std::cout << "seed " << seed << " (OUTRIGGER_TEST_SEED chooses another)\n";
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bytes(600);
  ComparisonCounts counts;

  for (int i = 0; i < 2'000; ++i) {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    ASSERT_EQ(CompareMatcherWithReference(bytes, counts), "")
        << "listener " << i << " of seed " << seed;
  }

  // What the domains are chosen for; without it the comparison would say little.
  std::cout << counts.chains_refused << " chains refused; connections: " << counts.matched
            << " matched, " << counts.defaulted << " defaulted, " << counts.unserved
            << " unserved\n";
  EXPECT_GT(counts.chains_refused, 1'000u);
  EXPECT_GT(counts.matched, 2'000u);
  EXPECT_GT(counts.defaulted, 2'000u);
  EXPECT_GT(counts.unserved, 2'000u);
}

}  // namespace
}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/random.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

#include "tests/proxy/upstream/endpoints.h"

namespace outrigger::upstream {
namespace {

TEST(RandomTest, EqualWeightsShareAlike) {
  const auto endpoints = EndpointsOfWeights({9, 9, 9});
  Random balancer(endpoints);

  EXPECT_EQ(balancer.Pick(0), 0u);
  EXPECT_EQ(balancer.Pick(4), 1u);
  EXPECT_EQ(balancer.Pick(8), 2u);
}

TEST(RandomTest, SharesFollowTheWeights) {
  const auto endpoints = EndpointsOfWeights({1, 3, 6});
  Random balancer(endpoints);
  std::mt19937_64 random(20240607);

  const std::vector<int> picks = CountPicks(balancer, 3, 100'000, [&] { return random(); });

  EXPECT_NEAR(picks[0], 10'000, 500);
  EXPECT_NEAR(picks[1], 30'000, 700);
  EXPECT_NEAR(picks[2], 60'000, 700);
}

}  // namespace
}  // namespace outrigger::upstream

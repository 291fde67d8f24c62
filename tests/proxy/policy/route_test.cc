// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/route.h"

#include <array>
#include <limits>
#include <random>

#include "gtest/gtest.h"

namespace outrigger::policy {
namespace {

TEST(RouteTest, OneClusterNeedsNoWeight) {
  const Route route({.clusters = {{.name = "a", .weight = 0}}});

  EXPECT_EQ(route.PickCluster(0), 0u);
  EXPECT_EQ(route.PickCluster(std::numeric_limits<uint64_t>::max()), 0u);
}

TEST(RouteTest, WeightsCutTheRandomNumberIntoShares) {
  const Route route(
      {.clusters = {
           {.name = "a", .weight = 1}, {.name = "none", .weight = 0}, {.name = "b", .weight = 3}}});

  EXPECT_EQ(route.PickCluster(0), 0u);
  EXPECT_EQ(route.PickCluster(1), 2u);
  EXPECT_EQ(route.PickCluster(3), 2u);
  EXPECT_EQ(route.PickCluster(4), 0u);
}

TEST(RouteTest, TheGreatestWeightsDoNotOverflow) {
  constexpr uint64_t kMax = std::numeric_limits<uint32_t>::max();
  const Route route({.clusters = {{.name = "a", .weight = kMax},
                                  {.name = "b", .weight = kMax - 1},
                                  {.name = "c", .weight = kMax}}});

  EXPECT_EQ(route.PickCluster(kMax - 1), 0u);
  EXPECT_EQ(route.PickCluster(kMax), 1u);
  EXPECT_EQ(route.PickCluster(2 * kMax - 1), 2u);
  EXPECT_EQ(route.PickCluster(3 * kMax - 2), 2u);
  EXPECT_EQ(route.PickCluster(3 * kMax - 1), 0u);
}

TEST(RouteTest, EqualWeightsShareAlikeEvenIfTheyAreZero) {
  const Route route({.clusters = {{.name = "a", .weight = 0}, {.name = "b", .weight = 0}}});

  EXPECT_EQ(route.PickCluster(2), 0u);
  EXPECT_EQ(route.PickCluster(3), 1u);
}

TEST(RouteTest, SharesFollowTheWeights) {
  const Route route({.clusters = {{.name = "a", .weight = 20}, {.name = "b", .weight = 80}}});
  std::mt19937_64 random(20240607);
  std::array<int, 2> picks{};
  for (int i = 0; i < 100'000; ++i) ++picks[route.PickCluster(random())];

  EXPECT_NEAR(picks[0], 20'000, 600);
}

}  // namespace
}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/round_robin.h"

#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/proxy/upstream/endpoints.h"

namespace outrigger::upstream {
namespace {

using ::testing::ElementsAre;

ClusterStatePtr StateAt(uint64_t position) {
  auto state = std::make_shared<ClusterState>();
  state->position = position;
  return state;
}

std::string Order(LoadBalancer& balancer, int picks) {
  std::string order;
  for (int i = 0; i < picks; ++i) order += static_cast<char>('a' + balancer.Pick(0));
  return order;
}

TEST(RoundRobinTest, EqualWeightsTakeTurns) {
  const auto endpoints = EndpointsOfWeights({5, 5, 5});
  RoundRobin balancer(endpoints, StateAt(0));

  EXPECT_EQ(Order(balancer, 7), "abcabca");
}

TEST(RoundRobinTest, DifferingWeightsAreSpreadEvenly) {
  const auto two_to_one = EndpointsOfWeights({2, 1});
  RoundRobin first(two_to_one, StateAt(0));
  const auto five_one_one = EndpointsOfWeights({5, 1, 1});
  RoundRobin second(five_one_one, StateAt(0));

  EXPECT_EQ(Order(first, 9), "abaabaaba");
  EXPECT_EQ(Order(second, 7), "aaaabca");
}

TEST(RoundRobinTest, ARoundIsAsShortAsTheWeightsAllow) {
  const auto endpoints = EndpointsOfWeights({200, 100});
  RoundRobin balancer(endpoints, StateAt(0));

  EXPECT_EQ(Order(balancer, 6), "abaaba");
}

TEST(RoundRobinTest, EveryRoundGivesExactlyTheWeights) {
  const std::vector<uint32_t> weights = {7, 13, 1, 101, 29};
  const int round = 151;
  const auto endpoints = EndpointsOfWeights(weights);
  RoundRobin balancer(endpoints, StateAt(0));

  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(CountPicks(balancer, weights.size(), round, [] { return 0; }),
                ElementsAre(7, 13, 1, 101, 29));
  }
}

TEST(RoundRobinTest, TheTurnGoesOnInTheNextSnapshotAndIsSharedByWorkers) {
  const auto endpoints = EndpointsOfWeights({1, 1, 1});
  const ClusterStatePtr state = StateAt(1);
  RoundRobin old_snapshot(endpoints, state);
  RoundRobin new_snapshot(endpoints, state);

  EXPECT_EQ(old_snapshot.Pick(0), 1u);
  EXPECT_EQ(new_snapshot.Pick(0), 2u);
  EXPECT_EQ(old_snapshot.Pick(0), 0u);
}

TEST(RoundRobinTest, GreatWeightsKeepTheirShareInABoundedRound) {
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  const auto endpoints = EndpointsOfWeights({kMax, kMax - 1, kMax / 2, 1});
  RoundRobin balancer(endpoints, StateAt(0));

  const std::vector<int> picks = CountPicks(balancer, 4, 100'000, [] { return 0; });

  EXPECT_NEAR(picks[0], 40'000, 100);
  EXPECT_NEAR(picks[1], 40'000, 100);
  EXPECT_NEAR(picks[2], 20'000, 100);
  EXPECT_GE(picks[3], 20) << "nobody is left out";
}

TEST(RoundRobinTest, ManyEndpointsOfAwkwardWeights) {
  std::vector<uint32_t> weights;
  for (uint32_t i = 0; i < 5'000; ++i) weights.push_back(1'000'003 + i);
  const auto endpoints = EndpointsOfWeights(weights);
  RoundRobin balancer(endpoints, StateAt(0));

  const std::vector<int> picks = CountPicks(balancer, weights.size(), 160'000, [] { return 0; });

  EXPECT_THAT(picks, ::testing::Each(::testing::AllOf(::testing::Ge(31), ::testing::Le(33))));
}

TEST(RoundRobinTest, ATurnBeyondTheLastNumberStaysInRange) {
  const auto endpoints = EndpointsOfWeights({1, 1, 1});
  RoundRobin balancer(endpoints, StateAt(std::numeric_limits<uint64_t>::max()));

  EXPECT_EQ(Order(balancer, 3), "aab");
}

}  // namespace
}  // namespace outrigger::upstream

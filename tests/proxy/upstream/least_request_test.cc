// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/least_request.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/proxy/upstream/endpoints.h"

namespace outrigger::upstream {
namespace {

using ::testing::ElementsAre;

TEST(LeastRequestTest, TheMostActiveOfThreeIsPickedOnlyIfDrawnTwice) {
  const auto endpoints = EndpointsOfWeights({1, 1, 1});
  endpoints[0].state->active = 10;
  endpoints[1].state->active = 5;
  LeastRequest balancer(endpoints, ClusterState(), 2);
  std::mt19937_64 random(20240607);

  const std::vector<int> picks = CountPicks(balancer, 3, 90'000, [&] { return random(); });

  // Two draws of three: the busiest wins 1 of 9 pairs, the middle one 3, the idle one 5.
  EXPECT_NEAR(picks[0], 10'000, 500);
  EXPECT_NEAR(picks[1], 30'000, 800);
  EXPECT_NEAR(picks[2], 50'000, 800);
}

TEST(LeastRequestTest, MoreChoicesAvoidTheBusyOneMoreOften) {
  const auto endpoints = EndpointsOfWeights({1, 1});
  endpoints[0].state->active = 1;
  LeastRequest balancer(endpoints, ClusterState(), 4'000'000'000);
  std::mt19937_64 random(20240607);

  const std::vector<int> picks = CountPicks(balancer, 2, 10'000, [&] { return random(); });

  EXPECT_LE(picks[0], 1);
}

TEST(LeastRequestTest, TheSameBitsPickTheSameEndpoint) {
  const auto endpoints = EndpointsOfWeights({1, 1, 1, 1, 1});
  LeastRequest balancer(endpoints, ClusterState(), 2);

  for (const uint64_t bits : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
    EXPECT_EQ(balancer.Pick(bits), balancer.Pick(bits));
  }
}

TEST(LeastRequestTest, OneEndpointIsAlwaysPicked) {
  const auto endpoints = EndpointsOfWeights({3});
  LeastRequest balancer(endpoints, ClusterState(), 2);

  EXPECT_EQ(balancer.Pick(12345), 0u);
}

TEST(LeastRequestTest, DifferingWeightsOfIdleEndpointsAreFollowedExactly) {
  const auto endpoints = EndpointsOfWeights({3, 1, 2});
  LeastRequest balancer(endpoints, ClusterState(), 2);

  EXPECT_THAT(CountPicks(balancer, 3, 600, [] { return 0; }), ElementsAre(300, 100, 200));
}

TEST(LeastRequestTest, ActiveConnectionsDivideTheWeight) {
  const auto endpoints = EndpointsOfWeights({4, 1});
  // 4 / (7 + 1) against 1 / (0 + 1): one to two.
  endpoints[0].state->active = 7;
  LeastRequest balancer(endpoints, ClusterState(), 2);

  EXPECT_THAT(CountPicks(balancer, 2, 300, [] { return 0; }), ElementsAre(100, 200));
}

// Envoy's formula: what an endpoint has already counts against it, so weights of four to one end as
// two to one.
TEST(LeastRequestTest, ConnectionsThatStaySettleAtTheSquareRootOfTheWeights) {
  const auto endpoints = EndpointsOfWeights({4, 1});
  LeastRequest balancer(endpoints, ClusterState(), 2);

  for (int i = 0; i < 1'000; ++i) ++endpoints[balancer.Pick(0)].state->active;

  EXPECT_NEAR(static_cast<double>(endpoints[0].state->active), 667, 5);
}

TEST(LeastRequestTest, WhereItBeginsDependsOnTheTurnOfTheCluster) {
  const auto endpoints = EndpointsOfWeights({2, 1});
  ClusterState state;
  LeastRequest first(endpoints, state, 2);
  state.position = 1;
  LeastRequest second(endpoints, state, 2);

  EXPECT_EQ(first.Pick(0), 0u);
  EXPECT_EQ(second.Pick(0), 1u);
}

}  // namespace
}  // namespace outrigger::upstream

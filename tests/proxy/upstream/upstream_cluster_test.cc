// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/upstream_cluster.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace outrigger::upstream {
namespace {

using config::Endpoint;
using config::HealthStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

config::SocketAddress Address(absl::string_view text) {
  return *config::SocketAddress::Parse(text);
}

class UpstreamClusterTest : public ::testing::Test {
 protected:
  std::shared_ptr<const UpstreamCluster> Make(config::Cluster cluster) {
    return UpstreamCluster::Create(
        std::make_shared<config::Cluster>(std::move(cluster)), states_,
        std::make_shared<observe::PerWorker<observe::ClusterCounters>>(2));
  }
  std::shared_ptr<const UpstreamCluster> MakeOf(
      std::vector<config::LocalityEndpoints> localities,
      config::LbPolicy policy = config::LbPolicy::kRoundRobin) {
    return Make({.name = "c",
                 .lb_policy = policy,
                 .load_assignment = std::make_shared<config::LoadAssignment>(
                     config::LoadAssignment{.localities = std::move(localities)})});
  }
  // The addresses that `picks` picks in a row go to.
  static std::set<std::string> Picked(const UpstreamCluster& cluster, uint64_t picks = 64) {
    std::set<std::string> picked;
    for (uint64_t i = 0; i < picks; ++i) {
      const UpstreamCluster::Choice choice = cluster.Pick(i, std::nullopt);
      if (choice.endpoint.has_value()) picked.insert(choice.endpoint->Format());
    }
    return picked;
  }

  EndpointStates states_{0};
};

TEST_F(UpstreamClusterTest, AClusterWithoutEndpointsHasNoHealthyOne) {
  for (const auto& cluster :
       {Make({.name = "BlackHoleCluster"}), MakeOf({}), MakeOf({{.priority = 3}})}) {
    const UpstreamCluster::Choice choice =
        cluster->Pick(0, policy::OriginalDestination(Address("10.0.0.1:80")));

    EXPECT_EQ(choice.failure, UpstreamCluster::Failure::kNoHealthyEndpoint);
    EXPECT_FALSE(choice.endpoint.has_value());
  }
}

TEST_F(UpstreamClusterTest, PicksAnEndpointWithItsState) {
  const auto cluster = MakeOf({{.endpoints = {{.address = Address("10.0.0.1:80")}}}});

  const UpstreamCluster::Choice choice = cluster->Pick(0, std::nullopt);

  EXPECT_EQ(choice.failure, UpstreamCluster::Failure::kNone);
  EXPECT_EQ(choice.endpoint, Address("10.0.0.1:80"));
  EXPECT_EQ(choice.state, states_.Endpoint("c", Address("10.0.0.1:80")));
}

TEST_F(UpstreamClusterTest, TheOriginalDestinationIsDialledIfThereIsOneAndOurselvesNever) {
  const auto cluster = Make({.name = "PassthroughCluster",
                             .type = config::ClusterType::kOriginalDst,
                             .lb_policy = config::LbPolicy::kClusterProvided});

  const UpstreamCluster::Choice redirected =
      cluster->Pick(0, policy::OriginalDestination(Address("[fd00::1]:80")));
  const UpstreamCluster::Choice direct = cluster->Pick(0, std::nullopt);

  EXPECT_EQ(redirected.endpoint, Address("[fd00::1]:80"));
  EXPECT_EQ(redirected.state, nullptr);
  EXPECT_EQ(direct.failure, UpstreamCluster::Failure::kNoOriginalDestination);
  EXPECT_FALSE(direct.endpoint.has_value());
}

TEST_F(UpstreamClusterTest, EndpointsAreUsedByTheirHealth) {
  const auto cluster =
      MakeOf({{.endpoints = {
                   {.address = Address("10.0.0.1:80"), .health = HealthStatus::kUnknown},
                   {.address = Address("10.0.0.2:80"), .health = HealthStatus::kHealthy},
                   {.address = Address("10.0.0.3:80"), .health = HealthStatus::kUnhealthy},
                   {.address = Address("10.0.0.4:80"), .health = HealthStatus::kDraining},
                   {.address = Address("10.0.0.5:80"), .health = HealthStatus::kTimeout},
                   {.address = Address("10.0.0.6:80"), .health = HealthStatus::kDegraded},
               }}});

  EXPECT_THAT(Picked(*cluster), ElementsAre("10.0.0.1:80", "10.0.0.2:80", "10.0.0.6:80"));
  EXPECT_EQ(cluster->endpoints().size(), 6u);
  EXPECT_EQ(cluster->balanced_count(), 3u);
}

TEST_F(UpstreamClusterTest, TheLowestPriorityWithAUsableEndpointServes) {
  const std::vector<Endpoint> sick = {
      {.address = Address("10.0.0.1:80"), .health = HealthStatus::kUnhealthy}};
  const auto cluster =
      MakeOf({{.priority = 2, .endpoints = {{.address = Address("10.0.2.1:80")}}},
              {.priority = 0, .endpoints = sick},
              {.priority = 1, .endpoints = {{.address = Address("10.0.1.1:80")}}},
              {.priority = 1, .endpoints = {{.address = Address("10.0.1.2:80")}}}});

  EXPECT_THAT(Picked(*cluster), ElementsAre("10.0.1.1:80", "10.0.1.2:80"));
  EXPECT_THAT(Picked(*MakeOf({{.endpoints = sick}})), IsEmpty());
}

TEST_F(UpstreamClusterTest, EveryPolicyServesEveryEndpoint) {
  using enum config::LbPolicy;
  for (const config::LbPolicy policy : {kRoundRobin, kLeastRequest, kRandom, kClusterProvided}) {
    for (const uint32_t weight : {1U, 2U}) {
      const auto cluster =
          MakeOf({{.endpoints = {{.address = Address("10.0.0.1:80"), .weight = weight},
                                 {.address = Address("10.0.0.2:80"), .weight = 1}}}},
                 policy);

      EXPECT_THAT(Picked(*cluster), ElementsAre("10.0.0.1:80", "10.0.0.2:80"));
    }
  }
}

TEST_F(UpstreamClusterTest, LeastRequestSeesTheConnectionsOfOlderSnapshots) {
  const std::vector<config::LocalityEndpoints> localities = {
      {.endpoints = {{.address = Address("10.0.0.1:80"), .weight = 1},
                     {.address = Address("10.0.0.2:80"), .weight = 1000}}}};
  const auto old_cluster = MakeOf(localities, config::LbPolicy::kLeastRequest);
  std::vector<ActiveConnection> sessions;
  for (int i = 0; i < 1'000'000; i += 1000) {
    sessions.emplace_back(states_.Endpoint("c", Address("10.0.0.2:80")));
  }
  const auto new_cluster = MakeOf(localities, config::LbPolicy::kLeastRequest);

  // 1 / 1 against 1000 / 1001: as good as equal.
  EXPECT_THAT(Picked(*new_cluster, 4), ElementsAre("10.0.0.1:80", "10.0.0.2:80"));
}

TEST_F(UpstreamClusterTest, StatisticsStandUnderTheAlternativeName) {
  EXPECT_EQ(StatName({.name = "outbound|80||a.b"}), "outbound|80||a.b");
  EXPECT_EQ(StatName({.name = "outbound|80||a.b", .alt_stat_name = "a"}), "a");
}

TEST_F(UpstreamClusterTest, EveryWorkerHasCountersOfItsOwn) {
  const auto cluster = MakeOf({});

  cluster->counters(1).upstream_cx_none_healthy.Add();

  EXPECT_EQ(cluster->counters(0).upstream_cx_none_healthy.value(), 0u);
  EXPECT_EQ(cluster->counters(1).upstream_cx_none_healthy.value(), 1u);
}

}  // namespace
}  // namespace outrigger::upstream

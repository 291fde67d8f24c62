// SPDX-License-Identifier: Apache-2.0
#include "proxy/upstream/endpoint_state.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace outrigger::upstream {
namespace {

config::SocketAddress Address(int port) {
  return *config::SocketAddress::Parse(absl::StrCat("10.0.0.1:", port));
}

TEST(EndpointStatesTest, OneStatePerClusterAndAddress) {
  EndpointStates states(0);

  const EndpointStatePtr state = states.Endpoint("a", Address(80));

  EXPECT_EQ(states.Endpoint("a", Address(80)), state);
  EXPECT_NE(states.Endpoint("a", Address(81)), state);
  EXPECT_NE(states.Endpoint("b", Address(80)), state);
}

TEST(EndpointStatesTest, NumbersLastAsLongAsASessionHoldsThem) {
  EndpointStates states(0);
  ActiveConnection session(states.Endpoint("a", Address(80)));
  // The endpoint is removed and comes back: two snapshots later.
  EXPECT_EQ(states.Endpoint("a", Address(80))->active, 1u);

  session.Reset();

  EXPECT_EQ(states.Endpoint("a", Address(80))->total, 0u) << "ended with its last session";
}

TEST(EndpointStatesTest, TurnsGoOnWhileTheClusterLivesAndBeginWhereTold) {
  EndpointStates states(7);
  ClusterStatePtr cluster = states.Cluster("a");
  EXPECT_EQ(cluster->position, 7u);
  cluster->position = 9;

  EXPECT_EQ(states.Cluster("a")->position, 9u);
  cluster.reset();
  EXPECT_EQ(states.Cluster("a")->position, 7u);
}

TEST(EndpointStatesTest, EndedEntriesAreSweptOut) {
  EndpointStates states(0);
  std::vector<EndpointStatePtr> kept;
  for (int port = 1; port <= 100; ++port) kept.push_back(states.Endpoint("kept", Address(port)));
  for (int i = 0; i < 20'000; ++i)
    states.Endpoint(absl::StrCat("gone-", i), Address(1 + i % 60'000));

  EXPECT_LE(states.endpoint_count(), 400u);
  for (int port = 1; port <= 100; ++port) {
    EXPECT_EQ(states.Endpoint("kept", Address(port)), kept[static_cast<size_t>(port) - 1]);
  }
}

TEST(ActiveConnectionTest, CountsFromConstructionToDestruction) {
  const auto state = std::make_shared<EndpointState>();
  {
    ActiveConnection first(state);
    ActiveConnection second(state);
    EXPECT_EQ(state->active, 2u);

    const ActiveConnection moved = std::move(first);
    EXPECT_EQ(state->active, 2u);
    second = ActiveConnection(state);
    EXPECT_EQ(state->active, 2u);
    second.RecordConnectFailure();
  }

  EXPECT_EQ(state->active, 0u);
  EXPECT_EQ(state->total, 3u);
  EXPECT_EQ(state->connect_failures, 1u);
}

TEST(ActiveConnectionTest, CountsNothingWithoutAnEndpoint) {
  ActiveConnection connection(nullptr);

  connection.RecordConnectFailure();
  connection.Reset();
}

}  // namespace
}  // namespace outrigger::upstream

// SPDX-License-Identifier: Apache-2.0
#include "xds/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outrigger::xds {
namespace {

using config::SocketAddress;
using testing::HasSubstr;
using testing::IsEmpty;

// The compiled-in subset is enough for the examples, so they also work in a build without the
// published descriptors.
class ExamplesTest : public testing::TestWithParam<const char*> {};

TEST_P(ExamplesTest, LoadsWithoutWarnings) {
  const auto loaded = LoadBootstrapFile(std::string(OUTRIGGER_EXAMPLES "/") + GetParam());

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Files, ExamplesTest,
                         testing::Values("istio-pod.yaml", "istio-pod-before-1.10.yaml",
                                         "istio-pod-ipv6.yaml", "tcp-load-balancer.yaml"));

TEST(FileSourceTest, ReadsThePodOfIstio) {
  const auto loaded = LoadBootstrapFile(OUTRIGGER_EXAMPLES "/istio-pod.yaml");

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const config::Bootstrap& bootstrap = loaded->bootstrap;
  EXPECT_EQ(bootstrap.node_id, "sidecar~zookeeper~default.svc.cluster.local");
  EXPECT_EQ(bootstrap.admin_address, *SocketAddress::Parse("127.0.0.1:15000"));
  const config::Snapshot& snapshot = *bootstrap.static_resources;
  ASSERT_EQ(snapshot.listeners.size(), 11U);
  const config::Listener& outbound = *snapshot.listeners[0];
  EXPECT_EQ(outbound.name, "virtualOutbound");
  EXPECT_EQ(outbound.stat_prefix, "0.0.0.0_15001");
  EXPECT_TRUE(outbound.use_original_dst);
  EXPECT_TRUE(outbound.bind_to_port);
  ASSERT_EQ(outbound.filter_chains.size(), 2U);
  EXPECT_EQ(outbound.filter_chains[0]->match.destination_port, 15001);
  EXPECT_EQ(outbound.filter_chains[1]->tcp_proxy.clusters[0].name, "PassthroughCluster");
  EXPECT_EQ(outbound.filter_chains[1]->tcp_proxy.idle_timeout, std::nullopt);
  const config::Listener& peer = *snapshot.listeners[1];
  EXPECT_FALSE(peer.bind_to_port);
  EXPECT_EQ(peer.addresses[0].address, *SocketAddress::Parse("10.77.0.20:2181"));
  const config::Listener& inbound = *snapshot.listeners[10];
  EXPECT_TRUE(inbound.original_dst_filter);
  EXPECT_FALSE(inbound.use_original_dst);
  EXPECT_EQ(inbound.traffic_direction, config::TrafficDirection::kInbound);
  const config::Cluster& zookeeper = *snapshot.clusters[5];
  EXPECT_EQ(zookeeper.name, "inbound|2181||");
  EXPECT_EQ(zookeeper.type, config::ClusterType::kOriginalDst);
  EXPECT_EQ(zookeeper.bind.ipv4, *SocketAddress::Parse("127.0.0.6:0"));
  EXPECT_EQ(zookeeper.connect_timeout, std::chrono::seconds(10));
}

TEST(FileSourceTest, NamesTheFileThatIsMissing) {
  const auto loaded = LoadBootstrapFile("/nonexistent/outrigger.yaml");

  EXPECT_THAT(std::string(loaded.status().message()),
              HasSubstr("/nonexistent/outrigger.yaml: No such file or directory"));
}

}  // namespace
}  // namespace outrigger::xds

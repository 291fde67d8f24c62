// SPDX-License-Identifier: Apache-2.0
//
// What good files become.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "config/access_log_format.h"
#include "tests/xds/load_text.h"

namespace outrigger::xds {
namespace {

using config::Cidr;
using config::FilterChainMatch;
using config::SocketAddress;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

// Loads what must load.
config::SnapshotPtr Load(absl::string_view text) {
  const auto loaded = LoadText(text);
  if (!loaded.ok()) {
    ADD_FAILURE() << loaded.status() << "\n" << text;
    return std::make_shared<const config::Snapshot>();
  }
  return loaded->bootstrap.static_resources;
}

config::TcpProxy LoadTcpProxy(const std::string& fields) {
  const auto snapshot = Load(FileWith({.tcp_proxy = fields}));
  return snapshot->listeners.empty() ? config::TcpProxy()
                                     : snapshot->listeners[0]->filter_chains[0]->tcp_proxy;
}

config::Cluster LoadCluster(const std::string& fields) {
  const auto snapshot = Load(FileWith({.cluster = fields}));
  return snapshot->clusters.empty() ? config::Cluster() : *snapshot->clusters[0];
}

TEST(DecodeTcpProxyTest, HasNoIdleTimeoutUnlessSet) {
  EXPECT_EQ(LoadTcpProxy("cluster: c").idle_timeout, std::nullopt);
  EXPECT_EQ(LoadTcpProxy("cluster: c, idle_timeout: 0s").idle_timeout, std::nullopt);
  EXPECT_EQ(LoadTcpProxy("cluster: c, idle_timeout: 3600s").idle_timeout, std::chrono::hours(1));
}

TEST(DecodeTcpProxyTest, RoundsDurationsUpToMilliseconds) {
  EXPECT_EQ(LoadTcpProxy("cluster: c, idle_timeout: 0.000000001s").idle_timeout, milliseconds(1));
  EXPECT_EQ(LoadTcpProxy("cluster: c, idle_timeout: 1.0015s").idle_timeout, milliseconds(1002));
  EXPECT_EQ(LoadTcpProxy("cluster: c, max_downstream_connection_duration: 0.001s")
                .max_downstream_connection_duration,
            milliseconds(1));
}

TEST(DecodeTcpProxyTest, ReadsClusters) {
  EXPECT_THAT(LoadTcpProxy("cluster: c").clusters, ElementsAre(config::WeightedCluster{"c", 1}));
  EXPECT_THAT(
      LoadTcpProxy("weighted_clusters: {clusters: [{name: c, weight: 3}, {name: c, weight: 1}]}")
          .clusters,
      ElementsAre(config::WeightedCluster{"c", 3}, config::WeightedCluster{"c", 1}));
}

TEST(DecodeClusterTest, HasEnvoysDefaults) {
  const config::Cluster cluster = LoadCluster("type: STATIC");

  EXPECT_EQ(cluster.connect_timeout, milliseconds(5000));
  EXPECT_EQ(cluster.lb_policy, config::LbPolicy::kRoundRobin);
  EXPECT_EQ(cluster.least_request_choices, 2U);
  EXPECT_EQ(cluster.tcp_keepalive, std::nullopt);
  EXPECT_EQ(cluster.bind, config::UpstreamBind());
  ASSERT_NE(cluster.load_assignment, nullptr);
  EXPECT_THAT(cluster.load_assignment->localities, IsEmpty());
}

TEST(DecodeClusterTest, ReadsSettings) {
  const config::Cluster cluster = LoadCluster(R"(alt_stat_name: other
    lb_policy: LEAST_REQUEST
    least_request_lb_config: {choice_count: 5}
    connect_timeout: 0.25s
    upstream_connection_options: {tcp_keepalive: {keepalive_time: 60}}
    upstream_bind_config:
      source_address: {address: 127.0.0.6, port_value: 0}
      extra_source_addresses: [{address: {address: "::6", port_value: 0}}])");

  EXPECT_EQ(cluster.alt_stat_name, "other");
  EXPECT_EQ(cluster.lb_policy, config::LbPolicy::kLeastRequest);
  EXPECT_EQ(cluster.least_request_choices, 5U);
  EXPECT_EQ(cluster.connect_timeout, milliseconds(250));
  EXPECT_EQ(cluster.tcp_keepalive->idle_seconds, 60U);
  EXPECT_EQ(cluster.tcp_keepalive->probes, std::nullopt);
  EXPECT_EQ(cluster.bind.ipv4, *SocketAddress::Parse("127.0.0.6:0"));
  EXPECT_EQ(cluster.bind.ipv6, *SocketAddress::Parse("[::6]:0"));
}

TEST(DecodeClusterTest, OriginalDestinationHasNoEndpoints) {
  const config::Cluster cluster =
      LoadCluster("type: ORIGINAL_DST\n    lb_policy: CLUSTER_PROVIDED");

  EXPECT_EQ(cluster.type, config::ClusterType::kOriginalDst);
  EXPECT_EQ(cluster.lb_policy, config::LbPolicy::kClusterProvided);
  EXPECT_EQ(cluster.load_assignment, nullptr);
}

TEST(DecodeClusterTest, ServesHashPoliciesByLeastRequestWithAWarning) {
  const auto loaded = LoadText(FileWith({.cluster = "lb_policy: RING_HASH"}));

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->bootstrap.static_resources->clusters[0]->lb_policy,
            config::LbPolicy::kLeastRequest);
  EXPECT_THAT(loaded->warnings,
              ElementsAre("f:12: static_resources.clusters[0].lb_policy: \"RING_HASH\": is not "
                          "supported yet: LEAST_REQUEST is used"));
}

TEST(DecodeEndpointsTest, ReadsEverythingOfAnEndpoint) {
  const config::Cluster cluster = LoadCluster(R"(load_assignment:
      cluster_name: c
      endpoints:
      - priority: 1
        load_balancing_weight: 7
        locality: {region: r, zone: z, sub_zone: s}
        lb_endpoints:
        - endpoint: {hostname: db-0, address: {socket_address: {address: "fd00::1", port_value: 5432}}}
          load_balancing_weight: 3
          health_status: DRAINING
        - endpoint: {address: {socket_address: {address: 10.0.0.1, port_value: 65535}}})");

  const config::LocalityEndpoints expected{
      .locality = {"r", "z", "s"},
      .priority = 1,
      .weight = 7,
      .endpoints = {
          {*SocketAddress::Parse("[fd00::1]:5432"), "db-0", 3, config::HealthStatus::kDraining},
          {*SocketAddress::Parse("10.0.0.1:65535"), "", 1, config::HealthStatus::kUnknown}}};
  EXPECT_THAT(cluster.load_assignment->localities, ElementsAre(expected));
}

TEST(DecodeListenerTest, TakesItsAddressForNames) {
  const auto snapshot = Load(
      "static_resources:\n  listeners:\n  - address: {socket_address: {address: \"::\", "
      "port_value: 0, ipv4_compat: true}}\n"
      "    default_filter_chain: {filters: [{name: t, typed_config: {" +
      std::string(kTcpProxyType) +
      ", stat_prefix: s, cluster: c}}]}\n"
      "  clusters: [{name: c}]\n");

  const config::Listener& listener = *snapshot->listeners.at(0);
  EXPECT_EQ(listener.name, "[::]:0");
  EXPECT_EQ(listener.stat_prefix, "[__]_0");
  EXPECT_TRUE(listener.addresses[0].ipv4_compat);
  EXPECT_THAT(listener.filter_chains, IsEmpty());
  EXPECT_NE(listener.default_filter_chain, nullptr);
}

TEST(DecodeListenerTest, ReadsSettings) {
  const auto snapshot = Load(FileWith({.listener = R"(name: l
    stat_prefix: "a:b"
    bind_to_port: false
    use_original_dst: true
    traffic_direction: OUTBOUND
    additional_addresses: [{address: {socket_address: {address: "fd00::1", port_value: 80}}}])"}));

  const config::Listener& listener = *snapshot->listeners.at(0);
  EXPECT_EQ(listener.name, "l");
  EXPECT_EQ(listener.stat_prefix, "a_b");
  EXPECT_FALSE(listener.bind_to_port);
  EXPECT_TRUE(listener.use_original_dst);
  EXPECT_FALSE(listener.original_dst_filter);
  EXPECT_EQ(listener.traffic_direction, config::TrafficDirection::kOutbound);
  EXPECT_THAT(listener.addresses,
              ElementsAre(config::ListenAddress{*SocketAddress::Parse("10.0.0.1:80"), false},
                          config::ListenAddress{*SocketAddress::Parse("[fd00::1]:80"), false}));
}

TEST(DecodeFilterChainTest, ReadsAllCriteria) {
  const auto snapshot = Load(FileWith({.match = R"(filter_chain_match:
        destination_port: 443
        prefix_ranges: [{address_prefix: 10.1.2.3, prefix_len: 8}, {address_prefix: "fd00::"}]
        server_names: [Db.Example, "*.example"]
        transport_protocol: tls
        application_protocols: [istio, h2]
        direct_source_prefix_ranges: [{address_prefix: 192.0.2.1, prefix_len: 32}]
        source_type: EXTERNAL
        source_prefix_ranges: [{address_prefix: 0.0.0.0, prefix_len: 0}]
        source_ports: [1, 65535])"}));

  const FilterChainMatch expected{
      .destination_port = 443,
      .prefix_ranges = {*Cidr::Parse("10.0.0.0/8"), *Cidr::Parse("::/0")},
      .server_names = {"db.example", "*.example"},
      .transport_protocol = "tls",
      .application_protocols = {"istio", "h2"},
      .direct_source_prefix_ranges = {*Cidr::Parse("192.0.2.1/32")},
      .source_type = FilterChainMatch::SourceType::kExternal,
      .source_prefix_ranges = {*Cidr::Parse("0.0.0.0/0")},
      .source_ports = {1, 65535},
  };
  EXPECT_EQ(snapshot->listeners.at(0)->filter_chains.at(0)->match, expected);
}

TEST(DecodeFilterChainTest, AcceptsPlainTransportSocketsByType) {
  const std::string raw =
      "transport_socket: {name: any, typed_config: {\"@type\": "
      "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}";

  Load(FileWith({.match = raw, .cluster = raw}));
}

config::AccessLog LoadAccessLog(const std::string& type_and_fields) {
  const config::TcpProxy tcp_proxy = LoadTcpProxy(
      "cluster: c, access_log: [{name: x, filter: {response_flag_filter: {flags: [NR, UF]}}, "
      "typed_config: {\"@type\": type.googleapis.com/envoy.extensions.access_loggers." +
      type_and_fields + "}}]");
  return tcp_proxy.access_logs.empty() ? config::AccessLog() : *tcp_proxy.access_logs[0];
}

TEST(DecodeAccessLogTest, DefaultsToIstiosFormat) {
  const config::AccessLog log = LoadAccessLog("stream.v3.StdoutAccessLog");

  EXPECT_EQ(log.path, "/dev/stdout");
  EXPECT_EQ(log.text, *config::ParseFormat(config::kDefaultTextFormat));
  EXPECT_THAT(*log.response_flags, ElementsAre("NR", "UF"));
}

TEST(DecodeAccessLogTest, ReadsTextFormats) {
  const auto expected = *config::ParseFormat("%DURATION%\n");

  for (const char* format : {"log_format: {text_format_source: {inline_string: \"%DURATION%\\n\"}}",
                             "log_format: {text_format: \"%DURATION%\\n\"}",
                             "log_format: {text_format_source: {inline_bytes: JURVUkFUSU9OJQo=}}",
                             "format: \"%DURATION%\\n\""}) {
    const config::AccessLog log =
        LoadAccessLog(absl::StrCat("file.v3.FileAccessLog, path: /tmp/log, ", format));
    EXPECT_EQ(log.path, "/tmp/log");
    EXPECT_EQ(log.text, expected) << format;
    EXPECT_EQ(log.json, std::nullopt);
  }
}

TEST(DecodeAccessLogTest, ReadsJsonFormatsInOrderOfNames) {
  const config::AccessLog log = LoadAccessLog(
      "file.v3.FileAccessLog, path: /tmp/log, log_format: {omit_empty_values: true, json_format: "
      "{b: \"%DURATION%\", a: {c: [x, \"1%%\"]}}}");

  EXPECT_TRUE(log.omit_empty_values);
  const auto& object = std::get<config::JsonFormat::Object>(log.json->value);
  ASSERT_EQ(object.size(), 2U);
  EXPECT_EQ(object[0].key, "a");
  EXPECT_EQ(object[1].key, "b");
  EXPECT_EQ(std::get<config::Format>(object[1].value.value)[0].operator_name, "DURATION");
  const auto& inner = std::get<config::JsonFormat::Object>(object[0].value.value);
  const auto& list = std::get<config::JsonFormat::List>(inner[0].value.value);
  EXPECT_EQ(std::get<config::Format>(list[1].value)[0].literal, "1%");
}

TEST(DecodeAccessLogTest, WarnsOfUnknownOperatorsAndRefusesMalformedOnes) {
  const std::string log =
      "cluster: c, access_log: [{name: x, typed_config: {\"@type\": "
      "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /x, "
      "format: \"";
  const std::string path =
      "f:9: "
      "static_resources.listeners[0].filter_chains[0].filters[0].typed_config.access_log[0].typed_"
      "config.format: ";

  const auto loaded = LoadText(FileWith({.tcp_proxy = log + "%NEW_ONE%\"}}]"}));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->warnings,
              ElementsAre(path + "\"NEW_ONE\": the operator is not known: it prints -"));
  EXPECT_THAT(
      LoadErrors(FileWith({.tcp_proxy = log + "a %FOO\"}}]"})),
      ElementsAre(path + "\"a %FOO\": expected an operator such as %BYTES_SENT% or "
                         "%FILTER_STATE(key:PLAIN):64% (%% for a percent sign) at \"%FOO\""));
}

TEST(FileFormTest, ReadsJsonWithCamelCaseAndTabs) {
  const auto snapshot = Load(
      "{\n\t\"staticResources\": {\n\t\t\"clusters\": [\n\t\t\t{\"name\": \"c\", "
      "\"connectTimeout\": \"2s\", \"lbPolicy\": 3}\n\t\t]\n\t}\n}\n");

  ASSERT_EQ(snapshot->clusters.size(), 1U);
  EXPECT_EQ(snapshot->clusters[0]->connect_timeout, milliseconds(2000));
  EXPECT_EQ(snapshot->clusters[0]->lb_policy, config::LbPolicy::kRandom);
}

TEST(FileFormTest, NullMeansAbsent) {
  const auto snapshot = Load(
      "static_resources:\n  listeners:\n  clusters:\n  - name: c\n    load_assignment: null\n    "
      "alt_stat_name: ~\n");

  EXPECT_EQ(snapshot->clusters.at(0)->alt_stat_name, "");
}

TEST(FileFormTest, AliasesStandForTheirAnchors) {
  const auto snapshot = Load(
      "static_resources:\n  clusters:\n  - {name: a, connect_timeout: &t 3s}\n  - {name: b, "
      "connect_timeout: *t}\n");

  EXPECT_EQ(snapshot->clusters.at(1)->connect_timeout, milliseconds(3000));
}

TEST(FileFormTest, ByteOrderMarkAndWindowsLineEnds) {
  const auto snapshot = Load("\xEF\xBB\xBFstatic_resources:\r\n  clusters:\r\n  - name: c\r\n");

  EXPECT_EQ(snapshot->clusters.at(0)->name, "c");
}

}  // namespace
}  // namespace outrigger::xds

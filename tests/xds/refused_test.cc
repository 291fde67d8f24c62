// SPDX-License-Identifier: Apache-2.0
//
// What v3 has and we have not: refused by name, or ignored with a warning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/xds/load_text.h"

namespace outrigger::xds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kListener = "static_resources.listeners[0]";
const std::string kChain = kListener + ".filter_chains[0]";
const std::string kCluster = "static_resources.clusters[0]";

std::string Typed(absl::string_view type) {
  return absl::StrCat("{name: x, typed_config: {\"@type\": type.googleapis.com/", type, "}}");
}

struct Row {
  const char* name;
  Parts parts;
  std::string error;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class RefusedTest : public testing::TestWithParam<Row> {};

TEST_P(RefusedTest, IsAnErrorThatNamesIt) {
  EXPECT_THAT(LoadErrors(FileWith(GetParam().parts)), ElementsAre(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Extensions, RefusedTest,
    testing::Values(
        Row{"listener filter",
            {.listener = "listener_filters: [" +
                         Typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector") +
                         "]"},
            "f:4: " + kListener +
                ".listener_filters[0].typed_config: "
                "\"envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector\": this "
                "listener filter is "
                "not supported yet: expected "
                "envoy.extensions.filters.listener.original_dst.v3.OriginalDst"},
        Row{"listener filter without type",
            {.listener = "listener_filters: [{name: envoy.filters.listener.original_dst}]"},
            "f:4: " + kListener +
                ".listener_filters[0].typed_config: a listener filter needs typed_config: expected "
                "envoy.extensions.filters.listener.original_dst.v3.OriginalDst"},
        Row{"downstream TLS",
            {.match = "transport_socket: " +
                      Typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext")},
            "f:6: " + kChain +
                ".transport_socket.typed_config: "
                "\"envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\": this "
                "transport socket is not "
                "supported yet: expected "
                "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"},
        Row{"upstream TLS",
            {.cluster = "transport_socket: " +
                        Typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext")},
            "f:12: " + kCluster +
                ".transport_socket.typed_config: "
                "\"envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\": this transport "
                "socket is not "
                "supported yet: expected "
                "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"},
        Row{"cluster type",
            {.cluster = "type: STRICT_DNS"},
            "f:12: " + kCluster +
                ".type: \"STRICT_DNS\": this cluster type is not supported yet: expected STATIC or "
                "ORIGINAL_DST"},
        Row{"health checks",
            {.cluster = "health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1, "
                        "unhealthy_threshold: 1, tcp_health_check: {}}]"},
            "f:12: " + kCluster + ".health_checks: active health checks are not supported yet"},
        Row{"dynamic resources",
            {.extra = "dynamic_resources: {ads_config: {api_type: GRPC}}\n"},
            "f:13: dynamic_resources: configuration from a control plane is not supported yet"}));

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedTest,
    testing::Values(Row{"PROXY protocol",
                        {.match = "use_proxy_proto: true"},
                        "f:6: " + kChain +
                            ".use_proxy_proto: the PROXY protocol is not supported yet"},
                    Row{"tunnel",
                        {.tcp_proxy = "cluster: c, tunneling_config: {hostname: \"a:1\"}"},
                        "f:9: " + kChain +
                            ".filters[0].typed_config.tunneling_config: tunnelling in HTTP CONNECT "
                            "is not supported yet"},
                    Row{"chains by matcher tree",
                        {.listener = "filter_chain_matcher: {on_no_match: {action: {name: x}}}"},
                        "f:4: " + kListener +
                            ".filter_chain_matcher: choosing chains by a matcher tree is not "
                            "supported: expected filter_chain_match in each chain"},
                    Row{"restricted admin paths",
                        {.extra = "admin: {allow_paths: [{exact: /stats}]}\n"},
                        "f:13: admin.allow_paths: restricting the admin port to some paths is not "
                        "supported yet"},
                    Row{"secrets",
                        {.extra = "  secrets: [{name: a}]\n"},
                        "f:13: static_resources.secrets: TLS secrets are not supported yet"},
                    Row{"UNIX socket",
                        {.cluster = "load_assignment: {cluster_name: c, endpoints: [{lb_endpoints: "
                                    "[{endpoint: {address: {pipe: {path: /x}}}}]}]}"},
                        "f:12: " + kCluster +
                            ".load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.pipe: "
                            "UNIX sockets are not supported yet: expected "
                            "socket_address"}));

TEST(RefusedTest, FilterThatAuthorizes) {
  EXPECT_THAT(
      LoadErrors("static_resources:\n  listeners:\n  - address: {socket_address: {address: "
                 "10.0.0.1, port_value: 80}}\n"
                 "    filter_chains:\n    - filters:\n      - " +
                 Typed("envoy.extensions.filters.network.rbac.v3.RBAC") + "\n"),
      ElementsAre("f:6: " + kChain +
                  ".filters[0].typed_config: \"envoy.extensions.filters.network.rbac.v3.RBAC\": "
                  "this network filter is not supported yet: "
                  "expected envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"));
}

TEST(RefusedTest, TypeOfV2) {
  EXPECT_THAT(LoadErrors(FileWith(
                  {.listener = "listener_filters: [" +
                               Typed("envoy.config.filter.listener.original_dst.v2.OriginalDst") +
                               "]"}))[0],
              "f:4: " + kListener +
                  ".listener_filters[0].typed_config: "
                  "\"type.googleapis.com/"
                  "envoy.config.filter.listener.original_dst.v2.OriginalDst\": expected a type of "
                  "the v3 API: v2 is no longer supported");
}

TEST(RefusedTest, CertificateProvidersBearOnSecurity) {
  EXPECT_THAT(LoadErrors(FileWith({.extra = "certificate_provider_instances: {}\n"})),
              ElementsAre("f:13: certificate_provider_instances: TLS is not supported yet"));
}

// Types and fields of what is ignored are checked all the same.
TEST(IgnoredTest, HasToBeOfV3) {
  EXPECT_THAT(
      LoadErrors(FileWith({.cluster = "outlier_detection: {consecutive_5xx: many, no_such: 1}"})),
      ElementsAre("f:12: " + kCluster +
                      ".outlier_detection.consecutive_5xx: \"many\": expected a whole number from "
                      "0 to 4294967295",
                  "f:12: " + kCluster +
                      ".outlier_detection.no_such: unknown field: "
                      "envoy.config.cluster.v3.OutlierDetection has no such field"));
}

TEST(IgnoredTest, IsToldOnceAtItsTop) {
  const auto loaded = LoadText(FileWith({
      .listener = "tcp_backlog_size: 5",
      .tcp_proxy = "cluster: c, hash_policy: [{source_ip: {}}]",
      .cluster = "circuit_breakers: {thresholds: [{max_connections: 5, retry_budget: {}}]}",
  }));

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre(
          "f:4: " + kListener + ".tcp_backlog_size: is not supported and ignored",
          "f:9: " + kChain + ".filters[0].typed_config.hash_policy: is not supported and ignored",
          "f:12: " + kCluster + ".circuit_breakers: is not supported yet: nothing is limited"));
}

TEST(IgnoredTest, WellKnownTypesInsideAreRead) {
  const auto loaded = LoadText(FileWith({.extra = R"(stats_flush_interval: 5s
layered_runtime:
  layers:
  - name: static
    static_layer: {a: 1, b: [true, null, "x"], c: {d: 1.5}}
stats_config: {use_all_default_tags: true}
node:
  metadata: {LABELS: {app: zookeeper}, PORTS: [2181, 2888]}
)"}));

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->warnings.size(), 3U);
}

TEST(IgnoredTest, AccessLoggersAreLeftOut) {
  const auto loaded = LoadText(FileWith(
      {.tcp_proxy =
           "cluster: c, access_log: [{name: x, filter: {header_filter: {}}, typed_config: "
           "{\"@type\": "
           "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog}}]"}));

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->warnings,
              ElementsAre("f:9: " + kChain +
                          ".filters[0].typed_config.access_log[0].filter.header_filter: this "
                          "filter is not supported yet: every session is logged"));
}

TEST(AcceptedTest, HintsOfIstioAreSilent) {
  const auto loaded = LoadText(FileWith({.listener = R"(listener_filters_timeout: 0s
    continue_on_listener_filters_timeout: true
    per_connection_buffer_limit_bytes: 32768
    max_connections_to_accept_per_socket_event: 1
    connection_balance_config: {exact_balance: {}}
    metadata: {filter_metadata: {istio: {a: b}}})",
                                         .cluster = "cleanup_interval: 5s"}));

  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

}  // namespace
}  // namespace outrigger::xds

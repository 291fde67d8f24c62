// SPDX-License-Identifier: Apache-2.0
//
// Files that must be refused, with the exact text that their author gets to see.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/xds/load_text.h"
#include "xds/yaml_reader.h"

namespace outrigger::xds {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct Row {
  const char* name;
  Parts parts;
  std::vector<std::string> errors;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class BadFileTest : public testing::TestWithParam<Row> {};

TEST_P(BadFileTest, IsRefusedWithLinePathValueAndWhatWasExpected) {
  EXPECT_THAT(LoadErrors(FileWith(GetParam().parts)), testing::ElementsAreArray(GetParam().errors));
}

const std::string kListener = "static_resources.listeners[0]";
const std::string kMatch = kListener + ".filter_chains[0].filter_chain_match";
const std::string kProxy = kListener + ".filter_chains[0].filters[0].typed_config";
const std::string kCluster = "static_resources.clusters[0]";

std::string Address(const std::string& socket_address) {
  return "load_assignment: {cluster_name: c, endpoints: [{lb_endpoints: [{endpoint: {address: "
         "{socket_address: {" +
         socket_address + "}}}}]}]}";
}
const std::string kEndpoint =
    kCluster + ".load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address";

INSTANTIATE_TEST_SUITE_P(
    Values, BadFileTest,
    testing::Values(
        Row{"wrong type for text",
            {.listener = "name: 5"},
            {"f:4: " + kListener + ".name: \"5\": expected text: put it in quotes"}},
        Row{"wrong type for a list",
            {.cluster = "health_checks: yes"},
            {"f:12: " + kCluster + ".health_checks: \"yes\": expected a list"}},
        Row{"wrong type for a message",
            {.cluster = "upstream_bind_config: 127.0.0.6"},
            {"f:12: " + kCluster +
             ".upstream_bind_config: \"127.0.0.6\": expected a mapping of fields"}},
        Row{"wrong type for a boolean",
            {.listener = "use_original_dst: 1"},
            {"f:4: " + kListener + ".use_original_dst: \"1\": expected true or false"}},
        Row{"wrong enum",
            {.listener = "traffic_direction: inbound"},
            {"f:4: " + kListener +
             ".traffic_direction: \"inbound\": expected one of UNSPECIFIED, INBOUND, OUTBOUND"}},
        Row{"negative number",
            {.match = "filter_chain_match: {destination_port: -1}"},
            {"f:6: " + kMatch +
             ".destination_port: \"-1\": expected a whole number from 0 to 4294967295"}},
        Row{"overflowing number",
            {.match = "filter_chain_match: {destination_port: 4294967296}"},
            {"f:6: " + kMatch +
             ".destination_port: \"4294967296\": expected a whole number from 0 to 4294967295"}},
        Row{"octal number",
            {.match = "filter_chain_match: {destination_port: 0100}"},
            {"f:6: " + kMatch +
             ".destination_port: \"0100\": expected a whole number from 0 to 4294967295"}},
        Row{"port 65536",
            {.match = "filter_chain_match: {destination_port: 65536}"},
            {"f:6: " + kMatch + ".destination_port: \"65536\": expected at most 65535"}},
        Row{"port 0 in a match",
            {.match = "filter_chain_match: {destination_port: 0}"},
            {"f:6: " + kMatch + ".destination_port: \"0\": expected at least 1"}},
        Row{"port 0 in an endpoint",
            {.cluster = Address("address: 10.0.0.1, port_value: 0")},
            {"f:12: " + kEndpoint + ".port_value: \"0\": expected a port from 1 to 65535"}},
        Row{"port 65536 in an endpoint",
            {.cluster = Address("address: 10.0.0.1, port_value: 65536")},
            {"f:12: " + kEndpoint + ".port_value: \"65536\": expected at most 65535"}},
        Row{"name in place of an address",
            {.cluster = Address("address: db.local, port_value: 1")},
            {"f:12: " + kEndpoint +
             ".address: \"db.local\": expected an IPv4 address, or an IPv6 address without "
             "brackets"}},
        Row{"bracketed address",
            {.cluster = Address("address: \"[::1]\", port_value: 1")},
            {"f:12: " + kEndpoint +
             ".address: \"[::1]\": expected an IPv4 address, or an IPv6 address without brackets"}},
        Row{"no port",
            {.cluster = Address("address: 10.0.0.1")},
            {"f:12: " + kEndpoint + ": expected one of port_value, named_port"}},
        Row{"UDP",
            {.cluster = Address("address: 10.0.0.1, port_value: 1, protocol: UDP")},
            {"f:12: " + kEndpoint + ".protocol: \"UDP\": is not supported: expected TCP"}},
        Row{"bad range address",
            {.match =
                 "filter_chain_match: {prefix_ranges: [{address_prefix: 10.0.0, prefix_len: 8}]}"},
            {"f:6: " + kMatch +
             ".prefix_ranges[0].address_prefix: \"10.0.0\": expected an IPv4 or IPv6 address"}},
        Row{"bad range length",
            {.match = "filter_chain_match: {prefix_ranges: [{address_prefix: 10.0.0.0, prefix_len: "
                      "33}]}"},
            {"f:6: " + kMatch +
             ".prefix_ranges[0].prefix_len: \"33\": expected 0 to 32, the bits of 10.0.0.0"}},
        Row{"bad duration",
            {.cluster = "connect_timeout: 5"},
            {"f:12: " + kCluster +
             ".connect_timeout: \"5\": expected a duration such as 5s or 0.25s"}},
        Row{"negative duration",
            {.tcp_proxy = "cluster: c, idle_timeout: -1s"},
            {"f:9: " + kProxy + ".idle_timeout: expected a duration of 0s or more"}},
        Row{"connect timeout of nothing",
            {.cluster = "connect_timeout: 0s"},
            {"f:12: " + kCluster + ".connect_timeout: \"0s\": expected more than 0s"}},
        Row{"too short a lifetime",
            {.tcp_proxy = "cluster: c, max_downstream_connection_duration: 0.0005s"},
            {"f:9: " + kProxy +
             ".max_downstream_connection_duration: \"0.0005s\": expected at least 0.001s"}},
        Row{"keepalive that the kernel refuses",
            {.cluster = "upstream_connection_options: {tcp_keepalive: {keepalive_time: 0, "
                        "keepalive_probes: 128}}"},
            {"f:12: " + kCluster +
                 ".upstream_connection_options.tcp_keepalive.keepalive_probes: \"128\": expected 1 "
                 "to 127",
             "f:12: " + kCluster +
                 ".upstream_connection_options.tcp_keepalive.keepalive_time: \"0\": expected 1 to "
                 "32767"}}));

INSTANTIATE_TEST_SUITE_P(
    Fields, BadFileTest,
    testing::Values(
        Row{"misspelled field",
            {.cluster = "conect_timeout: 5s"},
            {"f:12: " + kCluster +
             ".conect_timeout: unknown field: did you mean connect_timeout?"}},
        Row{"field that nothing resembles",
            {.cluster = "colour: red"},
            {"f:12: " + kCluster +
             ".colour: unknown field: envoy.config.cluster.v3.Cluster has no such field"}},
        Row{"field of v2",
            {.cluster = "hosts: []"},
            {"f:12: " + kCluster +
             ".hosts: unknown field: it is of the v2 API; v3 has load_assignment"}},
        Row{"both spellings of a field",
            {.cluster = "connect_timeout: 1s\n    connectTimeout: 2s"},
            {"f:13: " + kCluster +
             ".connect_timeout: \"connectTimeout\": the field is given twice, first in line 12"}},
        Row{"two members of a oneof",
            {.tcp_proxy = "cluster: c, weighted_clusters: {clusters: [{name: c, weight: 1}]}"},
            {"f:9: " + kProxy + ".weighted_clusters: expected this or cluster, not both"}},
        Row{"no cluster at all",
            {.tcp_proxy = "idle_timeout: 1s"},
            {"f:9: " + kProxy + ": expected one of cluster, weighted_clusters"}},
        Row{"merge key",
            {.cluster = "<<: {type: STATIC}"},
            {"f:12: " + kCluster + ".<<: unknown field: YAML's merge keys are not supported"}}));

INSTANTIATE_TEST_SUITE_P(
    Rules, BadFileTest,
    testing::Values(
        Row{"reference to no cluster",
            {.tcp_proxy = "cluster: nope"},
            {"f:9: " + kProxy +
             ".cluster: \"nope\": no cluster has this name: expected one of "
             "static_resources.clusters"}},
        Row{"weighted reference to no cluster",
            {.tcp_proxy =
                 "weighted_clusters: {clusters: [{name: c, weight: 1}, {name: nope, weight: 1}]}"},
            {"f:9: " + kProxy +
             ".weighted_clusters: \"nope\": no cluster has this name: expected one of "
             "static_resources.clusters"}},
        Row{"weight 0",
            {.tcp_proxy = "weighted_clusters: {clusters: [{name: c, weight: 0}]}"},
            {"f:9: " + kProxy +
             ".weighted_clusters.clusters[0].weight: \"0\": expected at least 1"}},
        Row{"weights that overflow",
            {.tcp_proxy = "weighted_clusters: {clusters: [{name: c, weight: 4294967295}, {name: c, "
                          "weight: 1}]}"},
            {"f:9: " + kProxy +
             ".weighted_clusters: \"4294967296\": expected weights with a sum of at most "
             "4294967295"}},
        Row{"two clusters with one name",
            {.extra = "  - {name: c, type: STATIC}\n"},
            {"f:13: static_resources.clusters[1].name: \"c\": clusters[0] has this name: expected "
             "another"}},
        Row{"one address twice in a listener",
            {.listener = "additional_addresses: [{address: {socket_address: {address: 10.0.0.1, "
                         "port_value: 80}}}]"},
            {"f:3: " + kListener +
             ".address: \"10.0.0.1:80\": the listener has this address twice: expected another"}},
        Row{"original destination with a policy",
            {.cluster = "type: ORIGINAL_DST"},
            {"f:11: " + kCluster +
             ".lb_policy: \"ROUND_ROBIN\": expected CLUSTER_PROVIDED with type ORIGINAL_DST"}},
        Row{"original destination with endpoints",
            {.cluster = "type: ORIGINAL_DST\n    lb_policy: CLUSTER_PROVIDED\n    load_assignment: "
                        "{cluster_name: c}"},
            {"f:14: " + kCluster +
             ".load_assignment: expected none with type ORIGINAL_DST, which connects to wherever "
             "the connection was going"}},
        Row{"provided policy without original destination",
            {.cluster = "lb_policy: CLUSTER_PROVIDED"},
            {"f:12: " + kCluster +
             ".lb_policy: \"CLUSTER_PROVIDED\": expected another policy with type STATIC"}},
        Row{"two source addresses of one family",
            {.cluster =
                 "upstream_bind_config: {source_address: {address: 127.0.0.6, port_value: 0}, "
                 "extra_source_addresses: [{address: {address: 127.0.0.7, port_value: 0}}]}"},
            {"f:12: " + kCluster +
             ".upstream_bind_config.extra_source_addresses[0].address: \"127.0.0.7:0\": expected "
             "an address "
             "of the other family than source_address"}}));

}  // namespace
}  // namespace outrigger::xds

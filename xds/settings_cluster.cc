// SPDX-License-Identifier: Apache-2.0
#include "xds/setting_table.h"

namespace outrigger::xds {
namespace {

constexpr absl::string_view kCluster = "envoy.config.cluster.v3.Cluster";
constexpr absl::string_view kLeastRequest = "envoy.config.cluster.v3.Cluster.LeastRequestLbConfig";
constexpr absl::string_view kConnectionOptions =
    "envoy.config.cluster.v3.UpstreamConnectionOptions";
constexpr absl::string_view kBindConfig = "envoy.config.core.v3.BindConfig";
constexpr absl::string_view kExtraSourceAddress = "envoy.config.core.v3.ExtraSourceAddress";
constexpr absl::string_view kAssignment = "envoy.config.endpoint.v3.ClusterLoadAssignment";
constexpr absl::string_view kLocalityEndpoints = "envoy.config.endpoint.v3.LocalityLbEndpoints";
constexpr absl::string_view kLbEndpoint = "envoy.config.endpoint.v3.LbEndpoint";
constexpr absl::string_view kEndpoint = "envoy.config.endpoint.v3.Endpoint";

using enum Support;

constexpr Setting kSettings[] = {
    {kCluster, "name", kServed, "", "unique name", ""},
    {kCluster, "alt_stat_name", kServed, "its name", "what stands in `cluster.<alt_stat_name>.*`",
     ""},
    {kCluster, "type", kServed, "STATIC",
     "STATIC: the endpoints of `load_assignment`; ORIGINAL_DST: wherever the connection was going",
     "STRICT_DNS, LOGICAL_DNS and EDS are refused for now"},
    {kCluster, "connect_timeout", kServed, "5s", "how long one connection attempt may take", ""},
    {kCluster, "lb_policy", kServed, "ROUND_ROBIN",
     "ROUND_ROBIN, LEAST_REQUEST, RANDOM; CLUSTER_PROVIDED with ORIGINAL_DST, and only there",
     "RING_HASH and MAGLEV warn, and are served by LEAST_REQUEST"},
    {kCluster, "least_request_lb_config", kServed, "", "settings of LEAST_REQUEST", ""},
    {kCluster, "load_assignment", kServed, "no endpoints",
     "the endpoints of a STATIC cluster. A cluster without any answers with a reset, flag `UH`",
     ""},
    {kCluster, "upstream_bind_config", kServed, "not bound",
     "source address of connections to the endpoints", ""},
    {kCluster, "upstream_connection_options", kServed, "",
     "options of the sockets to the endpoints", ""},
    {kCluster, "transport_socket", kServed, "raw_buffer", "plain bytes", "TLS is refused for now"},
    {kCluster, "cleanup_interval", kAccepted, "",
     "hosts of ORIGINAL_DST clusters are not kept here", ""},
    {kCluster, "per_connection_buffer_limit_bytes", kAccepted, "", "a hint, as on the listener",
     ""},
    {kCluster, "typed_extension_protocol_options", kAccepted, "",
     "options of HTTP, which is relayed as bytes", ""},
    {kCluster, "metadata", kAccepted, "", "facts for people and control planes", ""},
    {kCluster, "load_balancing_policy", kIgnored, "",
     "is not supported yet: lb_policy is used in its place", ""},
    {kCluster, "circuit_breakers", kIgnored, "", "is not supported yet: nothing is limited", ""},
    {kCluster, "outlier_detection", kIgnored, "", "is not supported yet: no endpoint is ejected",
     ""},
    {kCluster, "cluster_type", kRefused, "",
     "clusters by extension are not supported yet: expected type STATIC or ORIGINAL_DST", ""},
    {kCluster, "eds_cluster_config", kRefused, "",
     "endpoints from a control plane are not supported yet", ""},
    {kCluster, "health_checks", kRefused, "", "active health checks are not supported yet", ""},
    {kCluster, "transport_socket_matches", kRefused, "",
     "choosing transport sockets by endpoint is not supported yet", ""},
    {kCluster, "transport_socket_matcher", kRefused, "",
     "choosing transport sockets by endpoint is not supported yet", ""},
    {kCluster, "original_dst_lb_config", kRefused, "",
     "changing the original destination is not supported", ""},
    {kCluster, "filters", kRefused, "", "filters on upstream connections are not supported yet",
     ""},
    {kCluster, "upstream_config", kRefused, "", "upstream extensions are not supported", ""},
    {kLeastRequest, "choice_count", kServed, "2", "endpoints compared for each connection", ""},
    {kConnectionOptions, "tcp_keepalive", kServed, "on: 300 s, 30 s, 9",
     "probes of idle connections to the endpoints", "on without being asked for"},
    {kBindConfig, "source_address", kServed, "", "source address; port 0 lets the kernel choose",
     "if all ports are in use the session ends with `URX`, never with an unbound dial"},
    {kBindConfig, "extra_source_addresses", kServed, "",
     "one more, of the other address family. With none of the endpoint's family the socket is not "
     "bound",
     ""},
    {kExtraSourceAddress, "address", kServed, "", "the address", ""},
    {kAssignment, "cluster_name", kAccepted, "", "any name", ""},
    {kAssignment, "endpoints", kServed, "", "endpoints by locality", ""},
    {kAssignment, "named_endpoints", kRefused, "",
     "endpoints by name are not supported: expected endpoint in lb_endpoints", ""},
    {kLocalityEndpoints, "locality", kServed, "", "where these endpoints are", ""},
    {kLocalityEndpoints, "lb_endpoints", kServed, "", "the endpoints", ""},
    {kLocalityEndpoints, "load_balancing_weight", kServed, "none", "weight of the locality", ""},
    {kLocalityEndpoints, "priority", kServed, "0",
     "0 is used first, the next one if none of its endpoints is usable", ""},
    {kLocalityEndpoints, "metadata", kAccepted, "", "facts for people and control planes", ""},
    {kLocalityEndpoints, "load_balancer_endpoints", kRefused, "",
     "is not supported: expected lb_endpoints", ""},
    {kLocalityEndpoints, "leds_cluster_locality_config", kRefused, "",
     "endpoints from a control plane are not supported yet", ""},
    {kLbEndpoint, "endpoint", kServed, "", "the endpoint", ""},
    {kLbEndpoint, "health_status", kServed, "UNKNOWN",
     "UNHEALTHY, DRAINING and TIMEOUT endpoints are not used; DEGRADED ones only if there are no "
     "others",
     ""},
    {kLbEndpoint, "load_balancing_weight", kServed, "1", "share of the connections", ""},
    {kLbEndpoint, "metadata", kAccepted, "", "facts for people and control planes", ""},
    {kLbEndpoint, "endpoint_name", kRefused, "",
     "endpoints by name are not supported: expected endpoint", ""},
    {kEndpoint, "address", kServed, "", "IP address and port, the port not 0", ""},
    {kEndpoint, "hostname", kServed, "", "a name for people", ""},
};

}  // namespace

std::span<const Setting> ClusterSettings() { return kSettings; }

}  // namespace outrigger::xds

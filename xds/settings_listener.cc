// SPDX-License-Identifier: Apache-2.0
#include "xds/setting_table.h"

namespace outrigger::xds {
namespace {

constexpr absl::string_view kListener = "envoy.config.listener.v3.Listener";
constexpr absl::string_view kAdditionalAddress = "envoy.config.listener.v3.AdditionalAddress";
constexpr absl::string_view kListenerFilter = "envoy.config.listener.v3.ListenerFilter";
constexpr absl::string_view kFilterChain = "envoy.config.listener.v3.FilterChain";
constexpr absl::string_view kFilterChainMatch = "envoy.config.listener.v3.FilterChainMatch";
constexpr absl::string_view kFilter = "envoy.config.listener.v3.Filter";
constexpr absl::string_view kTcpProxy = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
constexpr absl::string_view kWeightedCluster =
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster";
constexpr absl::string_view kClusterWeight =
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight";

using enum Support;

constexpr Setting kSettings[] = {
    {kListener, "name", kServed, "its address", "unique name, shown by `/listeners`",
     "Envoy makes up a random name"},
    {kListener, "address", kServed, "", "where it listens; required", ""},
    {kListener, "additional_addresses", kServed, "", "further addresses of the same listener", ""},
    {kListener, "stat_prefix", kServed, "its address", "what stands in `listener.<stat_prefix>.*`",
     ""},
    {kListener, "filter_chains", kServed, "",
     "what is done with a connection, chosen by `filter_chain_match`",
     "at least one, or a `default_filter_chain`"},
    {kListener, "default_filter_chain", kServed, "none",
     "for connections that match no other chain; without it they are reset, flag `NR`",
     "Envoy closes them with FIN"},
    {kListener, "use_original_dst", kServed, "false",
     "look up where a redirected connection was going, and hand it to the listener of that "
     "address, if there is one",
     ""},
    {kListener, "listener_filters", kServed, "", "`original_dst` only",
     "all others are refused for now"},
    {kListener, "bind_to_port", kServed, "true",
     "false: no socket; only gets connections that another listener hands over", ""},
    {kListener, "traffic_direction", kServed, "UNSPECIFIED",
     "INBOUND or OUTBOUND; `/drain_listeners?inboundonly` goes by it", ""},
    {kListener, "access_log", kServed, "",
     "a line for every connection of the listener, also those that match no chain", ""},
    {kListener, "listener_filters_timeout", kAccepted, "",
     "no listener filter here waits for bytes", ""},
    {kListener, "continue_on_listener_filters_timeout", kAccepted, "",
     "no listener filter here waits for bytes", ""},
    {kListener, "per_connection_buffer_limit_bytes", kAccepted, "",
     "a hint: a session here holds no buffer while idle and at most one chunk in flight", ""},
    {kListener, "max_connections_to_accept_per_socket_event", kAccepted, "",
     "a hint: up to 64 are accepted at a time", ""},
    {kListener, "connection_balance_config", kAccepted, "",
     "a hint: new connections go to the less loaded worker anyway", ""},
    {kListener, "metadata", kAccepted, "", "facts for people and control planes", ""},
    {kListener, "deprecated_v1", kRefused, "", "expected bind_to_port in its place", ""},
    {kListener, "fcds_config", kRefused, "",
     "filter chains from a control plane are not supported yet", ""},
    {kListener, "filter_chain_matcher", kRefused, "",
     "choosing chains by a matcher tree is not supported: expected filter_chain_match in each "
     "chain",
     ""},
    {kListener, "udp_listener_config", kRefused, "", "UDP is not supported", ""},
    {kListener, "api_listener", kRefused, "", "API listeners are not supported", ""},
    {kListener, "internal_listener", kRefused, "", "internal listeners are not supported yet", ""},
    {kAdditionalAddress, "address", kServed, "", "the address", ""},
    {kListenerFilter, "name", kAccepted, "", "any name: `typed_config` decides", ""},
    {kListenerFilter, "typed_config", kServed, "",
     "`envoy.extensions.filters.listener.original_dst.v3.OriginalDst`: look up where a redirected "
     "connection was going; never hands it over",
     ""},
    {kListenerFilter, "config_discovery", kRefused, "",
     "listener filters from a control plane are not supported yet", ""},
    {kListenerFilter, "filter_disabled", kRefused, "",
     "switching a listener filter off for some connections is not supported yet", ""},
    {kFilterChain, "name", kServed, "", "for `%FILTER_CHAIN_NAME%`; need not be unique", ""},
    {kFilterChain, "filter_chain_match", kServed, "matches all",
     "which connections the chain takes", "ignored in `default_filter_chain`, as in Envoy"},
    {kFilterChain, "filters", kServed, "", "exactly one filter, `tcp_proxy`",
     "all others are refused for now"},
    {kFilterChain, "transport_socket", kServed, "raw_buffer", "plain bytes",
     "TLS is refused for now"},
    {kFilterChain, "transport_socket_connect_timeout", kAccepted, "",
     "bounds a TLS handshake, which there is none of yet", ""},
    {kFilterChain, "metadata", kAccepted, "", "facts for people and control planes", ""},
    {kFilterChain, "use_proxy_proto", kRefused, "", "the PROXY protocol is not supported yet", ""},
    {kFilterChainMatch, "destination_port", kServed, "any",
     "port the connection was going to. Chains that name it are tried first, and alone", ""},
    {kFilterChainMatch, "prefix_ranges", kServed, "any",
     "ranges of the address it was going to; the longest wins", ""},
    {kFilterChainMatch, "server_names", kServed, "any",
     "names of the TLS client hello: exact, or `*.suffix`",
     "nothing reads the client hello yet, so such a chain matches nothing"},
    {kFilterChainMatch, "transport_protocol", kServed, "any", "`raw_buffer` or `tls`",
     "nothing detects TLS yet: all is `raw_buffer`"},
    {kFilterChainMatch, "application_protocols", kServed, "any", "ALPN of the TLS client hello",
     "nothing reads the client hello yet, so such a chain matches nothing"},
    {kFilterChainMatch, "direct_source_prefix_ranges", kServed, "any",
     "ranges of the peer's own address", ""},
    {kFilterChainMatch, "source_type", kServed, "ANY",
     "SAME_IP_OR_LOOPBACK: from this host; EXTERNAL: from elsewhere", ""},
    {kFilterChainMatch, "source_prefix_ranges", kServed, "any", "ranges of the source address", ""},
    {kFilterChainMatch, "source_ports", kServed, "any", "ports of the source", ""},
    {kFilterChainMatch, "address_suffix", kRefused, "",
     "matching by suffix is not supported (Envoy ignores it)", ""},
    {kFilterChainMatch, "suffix_len", kRefused, "",
     "matching by suffix is not supported (Envoy ignores it)", ""},
    {kFilter, "name", kAccepted, "", "any name: `typed_config` decides", ""},
    {kFilter, "typed_config", kServed, "",
     "`envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`", ""},
    {kFilter, "config_discovery", kRefused, "",
     "filters from a control plane are not supported yet", ""},
    {kTcpProxy, "stat_prefix", kServed, "", "what stands in `tcp.<stat_prefix>.*`", ""},
    {kTcpProxy, "cluster", kServed, "", "where connections go",
     "a name that no cluster has is an error; Envoy ends each connection with `NC`"},
    {kTcpProxy, "weighted_clusters", kServed, "", "several clusters, one drawn for each connection",
     ""},
    {kTcpProxy, "idle_timeout", kServed, "none",
     "ends a session after so long without a byte either way; 0 is none",
     "absent is 1 h in Envoy; here a session may be idle for ever, and one idle for an hour is "
     "named once in the log"},
    {kTcpProxy, "max_downstream_connection_duration", kServed, "none",
     "ends a session at this age, flag `DT`", ""},
    {kTcpProxy, "access_log", kServed, "", "a line for every session of the chain", ""},
    {kTcpProxy, "tunneling_config", kRefused, "", "tunnelling in HTTP CONNECT is not supported yet",
     ""},
    {kWeightedCluster, "clusters", kServed, "", "the clusters", ""},
    {kClusterWeight, "name", kServed, "", "the cluster", ""},
    {kClusterWeight, "weight", kServed, "", "its share of the sum of all", ""},
};

}  // namespace

std::span<const Setting> ListenerSettings() { return kSettings; }

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#include "xds/setting_table.h"

namespace outrigger::xds {
namespace {

constexpr absl::string_view kBootstrap = "envoy.config.bootstrap.v3.Bootstrap";
constexpr absl::string_view kStaticResources =
    "envoy.config.bootstrap.v3.Bootstrap.StaticResources";
constexpr absl::string_view kAdmin = "envoy.config.bootstrap.v3.Admin";
constexpr absl::string_view kNode = "envoy.config.core.v3.Node";
constexpr absl::string_view kLocality = "envoy.config.core.v3.Locality";
constexpr absl::string_view kAddress = "envoy.config.core.v3.Address";
constexpr absl::string_view kSocketAddress = "envoy.config.core.v3.SocketAddress";
constexpr absl::string_view kCidrRange = "envoy.config.core.v3.CidrRange";
constexpr absl::string_view kTcpKeepalive = "envoy.config.core.v3.TcpKeepalive";
constexpr absl::string_view kTransportSocket = "envoy.config.core.v3.TransportSocket";

using enum Support;

constexpr Setting kSettings[] = {
    {kBootstrap, "node", kServed, "", "who this proxy is, as `/server_info` shows it", ""},
    {kBootstrap, "static_resources", kServed, "", "listeners and clusters of this file", ""},
    {kBootstrap, "admin", kServed, "no admin port",
     "the port of `/stats`, `/connections` and the other pages", ""},
    {kBootstrap, "dynamic_resources", kRefused, "",
     "configuration from a control plane is not supported yet", ""},
    {kBootstrap, "certificate_provider_instances", kRefused, "", "TLS is not supported yet", ""},
    {kStaticResources, "listeners", kServed, "", "where connections are taken", ""},
    {kStaticResources, "clusters", kServed, "", "where connections are sent", ""},
    {kStaticResources, "secrets", kRefused, "", "TLS secrets are not supported yet", ""},
    {kAdmin, "address", kServed, "",
     "where the admin port listens; port 0 lets the kernel choose. Keep it on loopback: whoever "
     "reaches it can stop the proxy",
     ""},
    {kAdmin, "allow_paths", kRefused, "",
     "restricting the admin port to some paths is not supported yet", ""},
    {kNode, "id", kServed, "", "the proxy's name", ""},
    {kNode, "cluster", kServed, "", "the name of the service it stands beside", ""},
    {kNode, "metadata", kAccepted, "", "facts for a control plane", ""},
    {kNode, "locality", kAccepted, "", "where the proxy runs",
     "locality-aware balancing is not there yet"},
    {kLocality, "region", kServed, "", "name of the region", ""},
    {kLocality, "zone", kServed, "", "name of the zone", ""},
    {kLocality, "sub_zone", kServed, "", "name of the part of the zone", ""},
    {kAddress, "socket_address", kServed, "", "an IP address and a port", ""},
    {kAddress, "pipe", kRefused, "", "UNIX sockets are not supported yet: expected socket_address",
     ""},
    {kAddress, "envoy_internal_address", kRefused, "",
     "internal listeners are not supported yet: expected socket_address", ""},
    {kSocketAddress, "protocol", kServed, "TCP", "only TCP", "UDP is refused"},
    {kSocketAddress, "address", kServed, "", "an IPv4 or IPv6 address, IPv6 without brackets",
     "names are refused: they need DNS clusters"},
    {kSocketAddress, "port_value", kServed, "",
     "the port. On a listener and on the admin port 0 lets the kernel choose (`/listeners` shows "
     "it); as a source port 0 is usual; in an endpoint 0 is an error",
     ""},
    {kSocketAddress, "named_port", kRefused, "",
     "ports by name are not supported: expected port_value", ""},
    {kSocketAddress, "resolver_name", kRefused, "",
     "resolvers are not supported: expected an IP address", ""},
    {kSocketAddress, "ipv4_compat", kServed, "false",
     "a listener on `::` takes IPv4 connections too", ""},
    {kSocketAddress, "network_namespace_filepath", kRefused, "",
     "sockets in another network namespace are not supported", ""},
    {kCidrRange, "address_prefix", kServed, "",
     "an IPv4 or IPv6 address; bits beyond the length are ignored", ""},
    {kCidrRange, "prefix_len", kServed, "0",
     "bits of it that count; 0 is every address of the family", ""},
    {kTcpKeepalive, "keepalive_probes", kServed, "9",
     "unanswered probes until the connection is given up, 1 to 127",
     "absent takes the proxy's default, not the kernel's"},
    {kTcpKeepalive, "keepalive_time", kServed, "300",
     "seconds of silence before the first probe, 1 to 32767",
     "absent takes the proxy's default, not the kernel's"},
    {kTcpKeepalive, "keepalive_interval", kServed, "30", "seconds between probes, 1 to 32767",
     "absent takes the proxy's default, not the kernel's"},
    {kTransportSocket, "name", kAccepted, "", "any name: `typed_config` decides", ""},
    {kTransportSocket, "typed_config", kServed, "",
     "`envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer`: plain bytes",
     "TLS and all others are refused for now"},
};

}  // namespace

std::span<const Setting> BootstrapSettings() { return kSettings; }

}  // namespace outrigger::xds

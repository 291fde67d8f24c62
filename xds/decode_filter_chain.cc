// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_filter_chain.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"

#include "xds/decode_core.h"
#include "xds/decode_tcp_proxy.h"
#include "xds/typed_config.h"

#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::FilterChainMatch;
using config::Findings;
using TcpProxyProto = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;
using FilterChainProto = envoy::config::listener::v3::FilterChain;
using MatchProto = envoy::config::listener::v3::FilterChainMatch;
using Ranges = google::protobuf::RepeatedPtrField<envoy::config::core::v3::CidrRange>;

std::vector<config::Cidr> DecodeRanges(const Ranges& ranges, absl::string_view field,
                                       const FieldPath& path, Findings& findings) {
  std::vector<config::Cidr> decoded;
  for (int i = 0; i < ranges.size(); ++i) {
    const FieldPath element = path.Element(field, static_cast<size_t>(i));
    if (const auto range = DecodeCidr(ranges.Get(i), element, findings)) decoded.push_back(*range);
  }
  return decoded;
}

// Names are compared in lower case, which is what the client hello is brought to.
std::vector<std::string> DecodeServerNames(const MatchProto& proto) {
  std::vector<std::string> names;
  for (const std::string& name : proto.server_names()) names.push_back(absl::AsciiStrToLower(name));
  return names;
}

FilterChainMatch::SourceType DecodeSourceType(const MatchProto& proto) {
  switch (proto.source_type()) {
    case MatchProto::SAME_IP_OR_LOOPBACK:
      return FilterChainMatch::SourceType::kSameIpOrLoopback;
    case MatchProto::EXTERNAL:
      return FilterChainMatch::SourceType::kExternal;
    default:
      return FilterChainMatch::SourceType::kAny;
  }
}

FilterChainMatch DecodeMatch(const MatchProto& proto, const FieldPath& path, Findings& findings) {
  FilterChainMatch match;
  if (proto.has_destination_port()) {
    match.destination_port = static_cast<uint16_t>(proto.destination_port().value());
  }
  match.prefix_ranges = DecodeRanges(proto.prefix_ranges(), "prefix_ranges", path, findings);
  match.server_names = DecodeServerNames(proto);
  match.transport_protocol = proto.transport_protocol();
  match.application_protocols.assign(proto.application_protocols().begin(),
                                     proto.application_protocols().end());
  match.direct_source_prefix_ranges = DecodeRanges(proto.direct_source_prefix_ranges(),
                                                   "direct_source_prefix_ranges", path, findings);
  match.source_type = DecodeSourceType(proto);
  match.source_prefix_ranges =
      DecodeRanges(proto.source_prefix_ranges(), "source_prefix_ranges", path, findings);
  for (const uint32_t port : proto.source_ports()) {
    match.source_ports.push_back(static_cast<uint16_t>(port));
  }
  return match;
}

config::TcpProxy DecodeFilters(const FilterChainProto& proto, const FieldPath& path,
                               Findings& findings) {
  config::TcpProxy tcp_proxy;
  for (int i = 0; i < proto.filters_size(); ++i) {
    const envoy::config::listener::v3::Filter& filter = proto.filters(i);
    if (filter.has_config_discovery()) continue;  // refused by CheckMessage
    const FieldPath element = path.Element("filters", static_cast<size_t>(i));
    const FieldPath typed_config = element.Field("typed_config");
    if (!Holds<TcpProxyProto>(filter.typed_config())) {
      RefuseExtension(filter.typed_config(), "network filter",
                      TcpProxyProto::descriptor()->full_name(), typed_config, findings);
      continue;
    }
    if (i + 1 < proto.filters_size()) {
      findings.Error(element, "tcp_proxy ends the chain: expected it as the last filter");
    }
    tcp_proxy = DecodeTcpProxy(Unpack<TcpProxyProto>(filter.typed_config(), typed_config, findings),
                               typed_config, findings);
  }
  if (proto.filters_size() == 0)
    findings.Missing(path.Field("filters"), "is required: expected one filter, tcp_proxy");
  return tcp_proxy;
}

}  // namespace

config::FilterChain DecodeFilterChain(const FilterChainProto& proto, const FieldPath& path,
                                      Findings& findings) {
  config::FilterChain chain;
  chain.name = proto.name();
  chain.match = DecodeMatch(proto.filter_chain_match(), path.Field("filter_chain_match"), findings);
  chain.tcp_proxy = DecodeFilters(proto, path, findings);
  if (proto.has_transport_socket()) {
    DecodeTransportSocket(proto.transport_socket(), path.Field("transport_socket"), findings);
  }
  return chain;
}

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_listener.h"

#include <memory>

#include "absl/strings/str_replace.h"

#include "xds/decode_access_log.h"
#include "xds/decode_core.h"
#include "xds/decode_filter_chain.h"
#include "xds/typed_config.h"

#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::Findings;
using envoy::extensions::filters::listener::original_dst::v3::OriginalDst;
using ListenerProto = envoy::config::listener::v3::Listener;
using AddressProto = envoy::config::core::v3::Address;

void DecodeListenAddress(const AddressProto& proto, const FieldPath& path,
                         config::Listener& listener, Findings& findings) {
  const auto address = DecodeAddress(proto, path, findings);
  if (!address) return;
  const bool ipv4_compat = proto.socket_address().ipv4_compat();
  if (ipv4_compat && (address->ip().is_ipv4() || !address->ip().IsWildcard())) {
    findings.Warning(path.Field("socket_address"),
                     "ipv4_compat is of use with the address :: only");
  }
  listener.addresses.push_back({*address, ipv4_compat && !address->ip().is_ipv4()});
}

void DecodeAddresses(const ListenerProto& proto, const FieldPath& path, config::Listener& listener,
                     Findings& findings) {
  if (!proto.has_address()) {
    // Those kinds of listener are refused under their own names.
    if (!proto.has_api_listener() && !proto.has_internal_listener()) {
      findings.Missing(path.Field("address"), "is required");
    }
  } else {
    DecodeListenAddress(proto.address(), path.Field("address"), listener, findings);
  }
  for (int i = 0; i < proto.additional_addresses_size(); ++i) {
    const FieldPath element = path.Element("additional_addresses", static_cast<size_t>(i));
    DecodeListenAddress(proto.additional_addresses(i).address(), element.Field("address"), listener,
                        findings);
  }
}

void DecodeListenerFilters(const ListenerProto& proto, const FieldPath& path,
                           config::Listener& listener, Findings& findings) {
  for (int i = 0; i < proto.listener_filters_size(); ++i) {
    const envoy::config::listener::v3::ListenerFilter& filter = proto.listener_filters(i);
    if (filter.has_config_discovery()) continue;  // refused by CheckMessage
    const FieldPath element = path.Element("listener_filters", static_cast<size_t>(i));
    const FieldPath typed_config = element.Field("typed_config");
    if (!Holds<OriginalDst>(filter.typed_config())) {
      RefuseExtension(filter.typed_config(), "listener filter",
                      OriginalDst::descriptor()->full_name(), typed_config, findings);
      continue;
    }
    Unpack<OriginalDst>(filter.typed_config(), typed_config, findings);
    listener.original_dst_filter = true;
  }
}

void DecodeChains(const ListenerProto& proto, const FieldPath& path, config::Listener& listener,
                  Findings& findings) {
  for (int i = 0; i < proto.filter_chains_size(); ++i) {
    const FieldPath element = path.Element("filter_chains", static_cast<size_t>(i));
    listener.filter_chains.push_back(std::make_shared<const config::FilterChain>(
        DecodeFilterChain(proto.filter_chains(i), element, findings)));
  }
  if (!proto.has_default_filter_chain()) return;
  const FieldPath fallback = path.Field("default_filter_chain");
  config::FilterChain chain = DecodeFilterChain(proto.default_filter_chain(), fallback, findings);
  if (chain.match != config::FilterChainMatch{}) {
    findings.Warning(fallback.Field("filter_chain_match"), "is ignored in default_filter_chain");
    chain.match = {};
  }
  listener.default_filter_chain = std::make_shared<const config::FilterChain>(std::move(chain));
}

config::TrafficDirection DecodeDirection(envoy::config::core::v3::TrafficDirection direction) {
  switch (direction) {
    case envoy::config::core::v3::INBOUND:
      return config::TrafficDirection::kInbound;
    case envoy::config::core::v3::OUTBOUND:
      return config::TrafficDirection::kOutbound;
    default:
      return config::TrafficDirection::kUnspecified;
  }
}

}  // namespace

config::Listener DecodeListener(const ListenerProto& proto, const FieldPath& path,
                                Findings& findings) {
  config::Listener listener;
  DecodeAddresses(proto, path, listener, findings);
  const std::string address =
      listener.addresses.empty() ? "" : listener.addresses.front().address.Format();
  listener.name = proto.name().empty() ? address : proto.name();
  // ':' separates nothing in a statistic's name; Envoy has '_' in its place too.
  listener.stat_prefix = absl::StrReplaceAll(
      proto.stat_prefix().empty() ? address : proto.stat_prefix(), {{":", "_"}});
  listener.bind_to_port = !proto.has_bind_to_port() || proto.bind_to_port().value();
  listener.use_original_dst = proto.use_original_dst().value();
  listener.traffic_direction = DecodeDirection(proto.traffic_direction());
  DecodeListenerFilters(proto, path, listener, findings);
  DecodeChains(proto, path, listener, findings);
  listener.access_logs = DecodeAccessLogs(proto.access_log(), "access_log", path, findings);
  return listener;
}

}  // namespace outrigger::xds

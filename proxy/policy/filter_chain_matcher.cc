// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/filter_chain_matcher.h"

#include <algorithm>
#include <optional>

#include "config/filter_chain_conflict.h"
#include "proxy/base/status_macros.h"
#include "proxy/policy/match_graph_builder.h"

namespace outrigger::policy {
namespace {

template <typename Table, typename Key>
auto Search(const Table& table, Key key) {
  const auto at =
      std::lower_bound(table.begin(), table.end(), key,
                       [](const auto& entry, Key wanted) { return entry.first < wanted; });
  return at != table.end() && at->first == key ? at : table.end();
}

// Envoy's test: of all loopback addresses only 127.0.0.1 and ::1 count, so a peer of 127.0.0.6 is
// external.
bool IsSameIpOrLoopback(const ConnectionFacts& facts) {
  const config::IpAddress& peer = facts.peer.ip();
  if (peer == facts.destination().ip()) return true;
  if (!peer.IsLoopback()) return false;
  if (!peer.is_ipv4()) return true;
  const uint8_t* bytes = peer.bytes();
  return bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 1;
}

}  // namespace

absl::StatusOr<FilterChainMatcher> FilterChainMatcher::Create(const config::Listener& listener) {
  RETURN_IF_ERROR(config::CheckFilterChains(listener));
  FilterChainMatcher matcher;
  matcher.chains_ = listener.filter_chains;
  RETURN_IF_ERROR(MatchGraphBuilder(matcher).Build());
  if (listener.default_filter_chain != nullptr) {
    matcher.chains_.push_back(listener.default_filter_chain);
    matcher.has_default_ = true;
  }
  matcher.chains_.shrink_to_fit();
  return matcher;
}

const config::FilterChainPtr* FilterChainMatcher::Match(const ConnectionFacts& facts) const {
  Step step = root_;
  // Each turn moves to a later criterion, so there are at most nine.
  while ((step & kChainBit) == 0) step = Next(nodes_[step], facts);
  if (step != kNowhere) return &chains_[step & ~kChainBit];
  return has_default_ ? &chains_.back() : nullptr;
}

FilterChainMatcher::Step FilterChainMatcher::Next(const Node& node, const ConnectionFacts& facts) {
  using enum Criterion;
  switch (node.criterion) {
    case kDestinationPort:
      return FindPort(node, facts.destination().port());
    case kPrefixRanges:
      return std::get<PrefixMap>(node.table).Find(facts.destination().ip());
    case kServerNames:
      return FindServerName(node, facts.server_name);
    case kTransportProtocol:
      return FindName(node, facts.transport_protocol);
    case kApplicationProtocols:
      return FindApplicationProtocol(node, facts.application_protocols);
    // Without PROXY protocol the address of the peer and the address that the peer claims are the
    // same.
    case kDirectSourcePrefixRanges:
    case kSourcePrefixRanges:
      return std::get<PrefixMap>(node.table).Find(facts.peer.ip());
    case kSourceType:
      return FindSourceType(node, facts);
    case kSourcePorts:
      return FindPort(node, facts.peer.port());
  }
  return kNowhere;
}

FilterChainMatcher::Step FilterChainMatcher::FindPort(const Node& node, uint16_t port) {
  const auto& table = std::get<PortTable>(node.table);
  const auto at = Search(table, port);
  return at == table.end() ? node.otherwise : at->second;
}

FilterChainMatcher::Step FilterChainMatcher::FindName(const Node& node, absl::string_view name) {
  const auto& table = std::get<NameTable>(node.table).steps;
  const auto at = Search(table, name);
  return at == table.end() ? node.otherwise : at->second;
}

// "a.b.c" itself, then ".b.c", then ".c": a wildcard is kept without its asterisk. As in Envoy a
// suffix of nothing but a dot is not tried. No suffix longer than the longest name is tried either,
// which bounds the walk for a peer that sends 16 KiB of dots.
FilterChainMatcher::Step FilterChainMatcher::FindServerName(const Node& node,
                                                            absl::string_view server_name) {
  const auto& [steps, length_max] = std::get<NameTable>(node.table);
  if (const auto at = Search(steps, server_name); at != steps.end()) return at->second;
  const size_t start = server_name.size() > length_max ? server_name.size() - length_max : 0;
  for (size_t dot = server_name.find('.', std::max<size_t>(start, 1)); dot < server_name.size() - 1;
       dot = server_name.find('.', dot + 1)) {
    if (const auto at = Search(steps, server_name.substr(dot)); at != steps.end())
      return at->second;
  }
  return node.otherwise;
}

FilterChainMatcher::Step FilterChainMatcher::FindApplicationProtocol(
    const Node& node, const std::vector<std::string>& offered) {
  const auto& table = std::get<NameTable>(node.table).steps;
  for (const absl::string_view protocol : offered) {
    if (const auto at = Search(table, protocol); at != table.end()) return at->second;
  }
  return node.otherwise;
}

FilterChainMatcher::Step FilterChainMatcher::FindSourceType(const Node& node,
                                                            const ConnectionFacts& facts) {
  const auto& types = std::get<SourceTypes>(node.table);
  return IsSameIpOrLoopback(facts) ? types.same_ip_or_loopback : types.external;
}

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/match_graph_builder.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/match.h"

#include "proxy/base/check.h"

namespace outrigger::policy {
namespace {

using config::Cidr;
using config::FilterChainMatch;
using config::IpAddress;

template <typename T>
bool IsOpenValue(const T& value) {
  return value == T{};
}
// 0.0.0.0/0 is a value: it holds no IPv6 address.
bool IsOpenValue(const Cidr& /*range*/) { return false; }

Cidr EveryAddress(IpAddress::Family family) {
  return family == IpAddress::Family::kIpv4 ? Cidr()
                                            : *Cidr::Create(IpAddress::FromIpv6(in6addr_any), 0);
}

// "*.a" is kept as ".a".
absl::string_view ServerNameKey(absl::string_view name) {
  return absl::StartsWith(name, "*.") ? name.substr(1) : name;
}

}  // namespace

absl::Status MatchGraphBuilder::Build() {
  Members all(matcher_.chains_.size());
  for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  matcher_.root_ = Visit(0, all);
  matcher_.nodes_.shrink_to_fit();
  if (ambiguous_) return absl::InternalError("two filter chains match the same connections");
  return absl::OkStatus();
}

bool MatchGraphBuilder::IsNamed(Criterion criterion, const Members& members) const {
  return std::any_of(members.begin(), members.end(), [&](uint32_t member) {
    const FilterChainMatch& match = MatchOf(member);
    using enum FilterChainMatcher::Criterion;
    switch (criterion) {
      case kDestinationPort:
        return match.destination_port.value_or(0) != 0;
      case kPrefixRanges:
        return !match.prefix_ranges.empty();
      case kServerNames:
        return !match.server_names.empty();
      case kTransportProtocol:
        return !match.transport_protocol.empty();
      case kApplicationProtocols:
        return !match.application_protocols.empty();
      case kDirectSourcePrefixRanges:
        return !match.direct_source_prefix_ranges.empty();
      case kSourceType:
        return match.source_type != FilterChainMatch::SourceType::kAny;
      case kSourcePrefixRanges:
        return !match.source_prefix_ranges.empty();
      case kSourcePorts:
        return !match.source_ports.empty();
    }
    return false;
  });
}

FilterChainMatcher::Step MatchGraphBuilder::Visit(size_t depth, const Members& members) {
  if (members.empty()) return FilterChainMatcher::kNowhere;
  while (depth < FilterChainMatcher::kCriterionCount &&
         !IsNamed(Criterion{static_cast<uint8_t>(depth)}, members)) {
    ++depth;
  }
  if (depth == FilterChainMatcher::kCriterionCount) {
    if (members.size() > 1) ambiguous_ = true;
    return members.front() | FilterChainMatcher::kChainBit;
  }
  if (const auto known = visited_.find(std::pair(depth, members)); known != visited_.end()) {
    return known->second;
  }
  Node node = MakeNode(Criterion{static_cast<uint8_t>(depth)}, members);
  const Step step = static_cast<Step>(matcher_.nodes_.size());
  matcher_.nodes_.push_back(std::move(node));
  visited_.emplace(std::pair(depth, members), step);
  return step;
}

FilterChainMatcher::Node MatchGraphBuilder::MakeNode(Criterion criterion, const Members& members) {
  using enum FilterChainMatcher::Criterion;
  switch (criterion) {
    case kDestinationPort:
    case kSourcePorts:
      return MakePortNode(criterion, members);
    case kServerNames:
    case kTransportProtocol:
    case kApplicationProtocols:
      return MakeNameNode(criterion, members);
    case kPrefixRanges:
    case kDirectSourcePrefixRanges:
    case kSourcePrefixRanges:
      return MakePrefixNode(criterion, members);
    case kSourceType:
      break;
  }
  return MakeSourceTypeNode(members);
}

// `values_of` gives the values that a match lists; none, or an empty one, leaves the criterion
// open.
template <typename Key, typename ValuesOf>
MatchGraphBuilder::Groups<Key> MatchGraphBuilder::Group(const Members& members,
                                                        ValuesOf values_of) const {
  Groups<Key> groups;
  const auto add = [](Members& group, uint32_t member) {
    if (group.empty() || group.back() != member) group.push_back(member);
  };
  for (const uint32_t member : members) {
    const std::vector<Key> values = values_of(MatchOf(member));
    if (values.empty()) add(groups.open, member);
    for (const Key& value : values) {
      add(IsOpenValue(value) ? groups.open : groups.by_value[value], member);
    }
  }
  return groups;
}

FilterChainMatcher::Node MatchGraphBuilder::MakePortNode(Criterion criterion,
                                                         const Members& members) {
  const Groups<uint16_t> groups =
      Group<uint16_t>(members, [criterion](const FilterChainMatch& match) {
        if (criterion == Criterion::kSourcePorts) return match.source_ports;
        return std::vector<uint16_t>{match.destination_port.value_or(0)};
      });
  const size_t below = static_cast<size_t>(criterion) + 1;
  FilterChainMatcher::PortTable table;
  table.reserve(groups.by_value.size());
  for (const auto& [port, group] : groups.by_value) table.emplace_back(port, Visit(below, group));
  return {
      .criterion = criterion, .otherwise = Visit(below, groups.open), .table = std::move(table)};
}

FilterChainMatcher::Node MatchGraphBuilder::MakeNameNode(Criterion criterion,
                                                         const Members& members) {
  using Names = std::vector<absl::string_view>;
  const Groups<absl::string_view> groups =
      Group<absl::string_view>(members, [criterion](const FilterChainMatch& match) {
        if (criterion == Criterion::kTransportProtocol) return Names{match.transport_protocol};
        if (criterion == Criterion::kApplicationProtocols) {
          return Names(match.application_protocols.begin(), match.application_protocols.end());
        }
        Names names;
        for (const std::string& name : match.server_names) names.push_back(ServerNameKey(name));
        return names;
      });
  const size_t below = static_cast<size_t>(criterion) + 1;
  FilterChainMatcher::NameTable table;
  table.steps.reserve(groups.by_value.size());
  for (const auto& [name, group] : groups.by_value) {
    table.steps.emplace_back(name, Visit(below, group));
    table.length_max = std::max(table.length_max, name.size());
  }
  return {
      .criterion = criterion, .otherwise = Visit(below, groups.open), .table = std::move(table)};
}

FilterChainMatcher::Node MatchGraphBuilder::MakePrefixNode(Criterion criterion,
                                                           const Members& members) {
  Groups<Cidr> groups = Group<Cidr>(members, [criterion](const FilterChainMatch& match) {
    if (criterion == Criterion::kPrefixRanges) return match.prefix_ranges;
    return criterion == Criterion::kSourcePrefixRanges ? match.source_prefix_ranges
                                                       : match.direct_source_prefix_ranges;
  });
  // A chain without ranges matches every address, exactly as one that lists the range of all
  // addresses.
  for (const auto family : {IpAddress::Family::kIpv4, IpAddress::Family::kIpv6}) {
    const auto every = groups.by_value.find(EveryAddress(family));
    if (every == groups.by_value.end()) continue;
    Members both;
    std::set_union(every->second.begin(), every->second.end(), groups.open.begin(),
                   groups.open.end(), std::back_inserter(both));
    every->second = std::move(both);
  }
  const size_t below = static_cast<size_t>(criterion) + 1;
  std::vector<std::pair<Cidr, Step>> ranges;
  ranges.reserve(groups.by_value.size());
  for (const auto& [range, group] : groups.by_value)
    ranges.emplace_back(range, Visit(below, group));
  const Step otherwise = Visit(below, groups.open);
  return {.criterion = criterion,
          .otherwise = otherwise,
          .table = PrefixMap(std::move(ranges), otherwise)};
}

FilterChainMatcher::Node MatchGraphBuilder::MakeSourceTypeNode(const Members& members) {
  using enum FilterChainMatch::SourceType;
  const Groups<FilterChainMatch::SourceType> groups = Group<FilterChainMatch::SourceType>(
      members, [](const FilterChainMatch& match) { return std::vector{match.source_type}; });
  const size_t below = static_cast<size_t>(Criterion::kSourceType) + 1;
  const Step otherwise = Visit(below, groups.open);
  const auto step_of = [&](FilterChainMatch::SourceType type) {
    const auto group = groups.by_value.find(type);
    return group == groups.by_value.end() ? otherwise : Visit(below, group->second);
  };
  return {.criterion = Criterion::kSourceType,
          .otherwise = otherwise,
          .table = FilterChainMatcher::SourceTypes{
              .same_ip_or_loopback = step_of(kSameIpOrLoopback), .external = step_of(kExternal)}};
}

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "config/filter_chain_conflict.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

#include "proxy/base/limits.h"

namespace outrigger::config {
namespace {

// In the order in which matching walks them.
enum class Criterion : uint8_t {
  kDestinationPort,
  kPrefixRanges,
  kServerNames,
  kTransportProtocol,
  kApplicationProtocols,
  kDirectSourcePrefixRanges,
  kSourceType,
  kSourcePrefixRanges,
  kSourcePorts,
};
constexpr std::array<absl::string_view, 9> kCriterionNames = {
    "destination_port",   "prefix_ranges",         "server_names",
    "transport_protocol", "application_protocols", "direct_source_prefix_ranges",
    "source_type",        "source_prefix_ranges",  "source_ports"};

// Stands for "any" among the values of a criterion.
constexpr absl::string_view kAny;

using Members = std::vector<uint32_t>;  // positions of filter chains, ascending

std::vector<std::string> FormatRanges(const std::vector<Cidr>& ranges) {
  std::vector<std::string> texts;
  texts.reserve(ranges.size());
  for (const Cidr& range : ranges) texts.push_back(range.Format());
  return texts;
}

// "*.a" and ".a" are one key in Envoy's table of server names.
std::vector<std::string> FormatServerNames(const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const std::string& name : names) {
    texts.push_back(absl::StartsWith(name, ".") ? absl::StrCat("*", name) : name);
  }
  return texts;
}

std::vector<std::string> FormatPorts(const std::vector<uint16_t>& ports) {
  std::vector<std::string> texts;
  texts.reserve(ports.size());
  for (const uint16_t port : ports) texts.push_back(port == 0 ? "" : absl::StrCat(port));
  return texts;
}

std::string FormatSourceType(FilterChainMatch::SourceType type) {
  using enum FilterChainMatch::SourceType;
  switch (type) {
    case kAny:
      return "";
    case kSameIpOrLoopback:
      return "SAME_IP_OR_LOOPBACK";
    case kExternal:
      return "EXTERNAL";
  }
  return "";
}

// What `match` lists for a criterion; empty if it lists nothing.
std::vector<std::string> ListedValues(const FilterChainMatch& match, Criterion criterion) {
  using enum Criterion;
  switch (criterion) {
    case kDestinationPort:
      return FormatPorts({match.destination_port.value_or(0)});
    case kPrefixRanges:
      return FormatRanges(match.prefix_ranges);
    case kServerNames:
      return FormatServerNames(match.server_names);
    case kTransportProtocol:
      return {match.transport_protocol};
    case kApplicationProtocols:
      return match.application_protocols;
    case kDirectSourcePrefixRanges:
      return FormatRanges(match.direct_source_prefix_ranges);
    case kSourceType:
      return {FormatSourceType(match.source_type)};
    case kSourcePrefixRanges:
      return FormatRanges(match.source_prefix_ranges);
    case kSourcePorts:
      return FormatPorts(match.source_ports);
  }
  return {};
}

bool IsPrefixCriterion(Criterion criterion) {
  using enum Criterion;
  return criterion == kPrefixRanges || criterion == kDirectSourcePrefixRanges ||
         criterion == kSourcePrefixRanges;
}

class ConflictSearch {
 public:
  explicit ConflictSearch(const Listener& listener) : chains_(listener.filter_chains) {}

  std::vector<FilterChainConflict> Run() {
    Members all;
    for (uint32_t i = 0; i < chains_.size(); ++i) {
      CheckAlone(i);
      all.push_back(i);
    }
    Visit(0, all);
    std::stable_sort(conflicts_.begin(), conflicts_.end(),
                     [](const auto& a, const auto& b) { return a.second < b.second; });
    return std::move(conflicts_);
  }

 private:
  bool exhausted() const {
    return conflicts_.size() >= kFilterChainConflictsMax || steps_ > kFilterChainMatchStepsMax;
  }

  std::string Label(size_t position) const {
    return absl::StrCat("filter_chains[", position, "] \"",
                        chains_[position]->name.substr(0, limits::kLoggedTextBytesMax), "\"");
  }

  void Report(size_t first, size_t second, std::string text) {
    if (conflicts_.size() >= kFilterChainConflictsMax || !reported_.emplace(first, second).second)
      return;
    conflicts_.push_back({.first = first, .second = second, .text = std::move(text)});
  }

  // What makes a chain unusable whatever the others are.
  void CheckAlone(size_t position) {
    const FilterChainMatch& match = chains_[position]->match;
    for (const std::string& name : match.server_names) {
      const absl::string_view rest =
          absl::StartsWith(name, "*.") ? absl::string_view(name).substr(1) : name;
      if (!absl::StrContains(rest, '*')) continue;
      Report(position, position,
             absl::StrCat(Label(position), ": server_names \"", name,
                          "\" has a wildcard that is not a leading \"*.\" (leave server_names out "
                          "to match every name)"));
    }
    for (size_t depth = 0; depth < kCriterionNames.size(); ++depth) {
      std::vector<std::string> values = ListedValues(match, Criterion{static_cast<uint8_t>(depth)});
      std::sort(values.begin(), values.end());
      const auto twice = std::adjacent_find(values.begin(), values.end());
      if (twice == values.end()) continue;
      Report(position, position,
             absl::StrCat(Label(position), ": ", kCriterionNames[depth], " lists ", *twice,
                          " twice: leave one out"));
    }
  }

  // Chains by value. Chains without prefix ranges also stand under an explicit range of length 0,
  // which holds the same addresses.
  absl::btree_map<std::string, Members> Group(Criterion criterion, const Members& members) {
    absl::btree_map<std::string, Members> groups;
    for (const uint32_t member : members) {
      std::vector<std::string> values = ListedValues(chains_[member]->match, criterion);
      if (values.empty()) values.emplace_back(kAny);
      steps_ += values.size();
      for (const std::string& value : values) {
        Members& group = groups[value];
        if (group.empty() || group.back() != member) group.push_back(member);
      }
    }
    const auto any = groups.find(kAny);
    if (any == groups.end() || !IsPrefixCriterion(criterion)) return groups;
    for (const absl::string_view everything : {"0.0.0.0/0", "::/0"}) {
      const auto group = groups.find(everything);
      if (group == groups.end()) continue;
      Members both;
      std::set_union(any->second.begin(), any->second.end(), group->second.begin(),
                     group->second.end(), std::back_inserter(both));
      group->second = std::move(both);
    }
    return groups;
  }

  // Everything in `members` agrees in the first `depth` criteria; path_ says in what.
  void Visit(size_t depth, const Members& members) {
    if (members.size() < 2 || exhausted()) return;
    if (depth == kCriterionNames.size()) {
      for (size_t i = 1; i < members.size(); ++i) ReportPair(members[0], members[i]);
      return;
    }
    // What lies below depends on the members only, so lists of many values that lead to the same
    // chains cost once, not once per combination.
    if (!visited_.emplace(depth, members).second) return;
    for (const auto& [value, group] : Group(Criterion{static_cast<uint8_t>(depth)}, members)) {
      if (!value.empty()) path_.push_back(absl::StrCat(kCriterionNames[depth], " ", value));
      Visit(depth + 1, group);
      if (!value.empty()) path_.pop_back();
    }
    if (steps_ > kFilterChainMatchStepsMax && !gave_up_) {
      gave_up_ = true;
      Report(members[0], members[0],
             absl::StrCat("the values of the filter chains combine in more than ",
                          kFilterChainMatchStepsMax,
                          " ways: use shorter lists in filter_chain_match"));
    }
  }

  void ReportPair(uint32_t first, uint32_t second) {
    const std::string overlap = path_.empty()
                                    ? "neither has a filter_chain_match"
                                    : absl::StrCat("both match ", absl::StrJoin(path_, ", "));
    Report(first, second,
           absl::StrCat(Label(second), " matches the same connections as ", Label(first), ": ",
                        overlap, "; remove one or let them differ"));
  }

  const std::vector<FilterChainPtr>& chains_;
  std::vector<FilterChainConflict> conflicts_;
  std::set<std::pair<size_t, size_t>> reported_;
  absl::flat_hash_set<std::pair<size_t, Members>> visited_;
  std::vector<std::string> path_;
  size_t steps_ = 0;
  bool gave_up_ = false;
};

}  // namespace

std::vector<FilterChainConflict> FindFilterChainConflicts(const Listener& listener) {
  return ConflictSearch(listener).Run();
}

absl::Status CheckFilterChains(const Listener& listener) {
  const std::vector<FilterChainConflict> conflicts = FindFilterChainConflicts(listener);
  if (conflicts.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("listener \"", listener.name, "\": ", conflicts.front().text));
}

}  // namespace outrigger::config

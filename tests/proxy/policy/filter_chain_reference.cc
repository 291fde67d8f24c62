// SPDX-License-Identifier: Apache-2.0
#include "tests/proxy/policy/filter_chain_reference.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace outrigger::policy {
namespace {

using config::Cidr;
using config::FilterChainMatch;
using config::IpAddress;

// How specifically a chain fits: kMismatch not at all, 0 because it leaves the criterion open, else
// the more the better.
constexpr int kMismatch = -1;
constexpr int kOpen = 0;

template <typename T>
int FitOfOne(const T& wanted, const T& open, const T& actual) {
  if (wanted == open) return kOpen;
  return wanted == actual ? 1 : kMismatch;
}

int FitOfRanges(const std::vector<Cidr>& ranges, const IpAddress& address) {
  if (ranges.empty()) return kOpen;
  int best = kMismatch;
  for (const Cidr& range : ranges) {
    if (range.Contains(address)) best = std::max(best, range.prefix_length());
  }
  return best;
}

std::string WithoutAsterisk(const std::string& name) {
  return absl::StartsWith(name, "*.") ? name.substr(1) : name;
}

int FitOfServerNames(const std::vector<std::string>& names, const std::string& actual) {
  constexpr int kExact = 1'000'000;
  if (names.empty()) return kOpen;
  int best = kMismatch;
  for (const std::string& listed : names) {
    const std::string name = WithoutAsterisk(listed);
    if (name.empty()) {
      best = std::max(best, kOpen);
    } else if (name == actual) {
      best = kExact;
    } else if (name.size() > 1 && name.front() == '.' && absl::EndsWith(actual, name)) {
      best = std::max(best, static_cast<int>(name.size()));
    }
  }
  return best;
}

int FitOfProtocols(const std::vector<std::string>& protocols,
                   const std::vector<std::string>& offered) {
  if (protocols.empty()) return kOpen;
  int best = kMismatch;
  for (const std::string& protocol : protocols) {
    if (protocol.empty()) best = std::max(best, kOpen);
    for (size_t i = 0; i < offered.size(); ++i) {
      if (offered[i] == protocol) best = std::max(best, static_cast<int>(offered.size() - i));
    }
  }
  return best;
}

int FitOfPorts(const std::vector<uint16_t>& ports, uint16_t actual) {
  if (ports.empty()) return kOpen;
  int best = kMismatch;
  for (const uint16_t port : ports) {
    best = std::max(best, FitOfOne<uint16_t>(port, 0, actual));
  }
  return best;
}

FilterChainMatch::SourceType SourceTypeOf(const ConnectionFacts& facts) {
  const std::string peer = facts.peer.ip().Format();
  const bool local =
      peer == "127.0.0.1" || peer == "::1" || peer == facts.destination().ip().Format();
  return local ? FilterChainMatch::SourceType::kSameIpOrLoopback
               : FilterChainMatch::SourceType::kExternal;
}

constexpr int kCriteria = 9;

int FitOf(int criterion, const FilterChainMatch& match, const ConnectionFacts& facts) {
  switch (criterion) {
    case 0:
      return FitOfPorts({match.destination_port.value_or(0)}, facts.destination().port());
    case 1:
      return FitOfRanges(match.prefix_ranges, facts.destination().ip());
    case 2:
      return FitOfServerNames(match.server_names, facts.server_name);
    case 3:
      return FitOfOne<std::string>(match.transport_protocol, "",
                                   absl::StrCat(facts.transport_protocol));
    case 4:
      return FitOfProtocols(match.application_protocols, facts.application_protocols);
    case 5:
      return FitOfRanges(match.direct_source_prefix_ranges, facts.peer.ip());
    case 6:
      return FitOfOne(match.source_type, FilterChainMatch::SourceType::kAny, SourceTypeOf(facts));
    case 7:
      return FitOfRanges(match.source_prefix_ranges, facts.peer.ip());
    default:
      return FitOfPorts(match.source_ports, facts.peer.port());
  }
}

std::vector<std::string> RangeTexts(const std::vector<Cidr>& ranges) {
  std::vector<std::string> texts;
  for (const Cidr& range : ranges) texts.push_back(range.Format());
  return texts;
}

// The values of a criterion as text; "" is any.
std::vector<std::string> TextsOf(int criterion, const FilterChainMatch& match) {
  std::vector<std::string> texts;
  switch (criterion) {
    case 0:
      return {match.destination_port.value_or(0) == 0 ? ""
                                                      : std::to_string(*match.destination_port)};
    case 1:
      return RangeTexts(match.prefix_ranges);
    case 2:
      for (const std::string& name : match.server_names) texts.push_back(WithoutAsterisk(name));
      return texts;
    case 3:
      return {match.transport_protocol};
    case 4:
      return match.application_protocols;
    case 5:
      return RangeTexts(match.direct_source_prefix_ranges);
    case 6:
      return {match.source_type == FilterChainMatch::SourceType::kAny
                  ? ""
                  : std::to_string(static_cast<int>(match.source_type))};
    case 7:
      return RangeTexts(match.source_prefix_ranges);
    default:
      for (const uint16_t port : match.source_ports)
        texts.push_back(port == 0 ? "" : std::to_string(port));
      return texts;
  }
}

bool ShareAValue(int criterion, const FilterChainMatch& a, const FilterChainMatch& b) {
  const auto values = [criterion](const FilterChainMatch& match) {
    std::vector<std::string> texts = TextsOf(criterion, match);
    if (texts.empty()) texts.push_back("");
    const bool ranges = criterion == 1 || criterion == 5 || criterion == 7;
    if (ranges && texts.front().empty()) texts = {"", "0.0.0.0/0", "::/0"};
    return texts;
  };
  for (const std::string& one : values(a)) {
    for (const std::string& other : values(b)) {
      if (one == other) return true;
    }
  }
  return false;
}

bool IsRefusedAlone(const FilterChainMatch& match) {
  for (const std::string& name : match.server_names) {
    if (absl::StrContains(absl::StripPrefix(name, "*."), "*")) return true;
  }
  for (int criterion = 0; criterion < kCriteria; ++criterion) {
    const std::vector<std::string> texts = TextsOf(criterion, match);
    for (size_t i = 0; i < texts.size(); ++i) {
      for (size_t j = i + 1; j < texts.size(); ++j) {
        if (texts[i] == texts[j]) return true;
      }
    }
  }
  return false;
}

}  // namespace

config::FilterChainPtr ReferenceMatch(const config::Listener& listener,
                                      const ConnectionFacts& facts) {
  std::vector<config::FilterChainPtr> left = listener.filter_chains;
  for (int criterion = 0; criterion < kCriteria; ++criterion) {
    int best = kMismatch;
    for (const auto& chain : left) best = std::max(best, FitOf(criterion, chain->match, facts));
    if (best == kMismatch) return listener.default_filter_chain;
    std::vector<config::FilterChainPtr> fitting;
    for (const auto& chain : left) {
      if (FitOf(criterion, chain->match, facts) == best) fitting.push_back(chain);
    }
    left = fitting;
  }
  return left.front();
}

bool ReferenceRefuses(const config::Listener& listener) {
  const auto& chains = listener.filter_chains;
  for (size_t i = 0; i < chains.size(); ++i) {
    if (IsRefusedAlone(chains[i]->match)) return true;
    for (size_t j = i + 1; j < chains.size(); ++j) {
      int shared = 0;
      for (int criterion = 0; criterion < kCriteria; ++criterion) {
        if (ShareAValue(criterion, chains[i]->match, chains[j]->match)) ++shared;
      }
      if (shared == kCriteria) return true;
    }
  }
  return false;
}

}  // namespace outrigger::policy

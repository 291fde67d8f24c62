// SPDX-License-Identifier: Apache-2.0
#include "tests/proxy/policy/matcher_comparison.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

#include "config/filter_chain_conflict.h"
#include "proxy/policy/filter_chain_matcher.h"
#include "tests/proxy/policy/filter_chain_reference.h"

namespace outrigger::policy {
namespace {

using config::Cidr;
using config::FilterChainMatch;
using config::IpAddress;

constexpr size_t kChainsMax = 10;
constexpr size_t kConnections = 12;

// The comparison's inputs, one byte a decision; 0 once they are used up.
class Decisions {
 public:
  explicit Decisions(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  size_t Below(size_t limit) {
    const size_t value = at_ < bytes_.size() ? bytes_[at_] : 0;
    ++at_;
    return value % limit;
  }
  template <typename Domain>
  auto OneOf(const Domain& domain) {
    return domain[Below(domain.size())];
  }
  // Mostly none, so that chains overlap in what they leave open.
  template <typename Domain>
  auto FewOf(const Domain& domain) {
    std::vector<typename Domain::value_type> few;
    constexpr std::array<size_t, 8> kCounts = {0, 0, 0, 0, 1, 1, 2, 3};
    const size_t count = OneOf(kCounts);
    for (size_t i = 0; i < count; ++i) few.push_back(OneOf(domain));
    return few;
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

constexpr std::array<uint16_t, 4> kPorts = {0, 80, 81, 443};
constexpr std::array<absl::string_view, 11> kRanges = {
    "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9",  "10.1.0.0/16", "10.1.1.1/32", "::/0",
    "fd00::/8",  "fd00::/64",  "fd00::1/128", "127.0.0.0/8", "10.1.1.0/31"};
constexpr std::array<absl::string_view, 10> kAddresses = {
    "10.1.1.1",  "10.1.1.0",  "10.1.2.3", "10.128.0.1", "11.0.0.1",
    "127.0.0.1", "127.0.0.6", "fd00::1",  "fd00:1::1",  "::1"};
constexpr std::array<absl::string_view, 11> kListedNames = {
    "b", "a.b", "x.a.b", "*.b", "*.a.b", "*.x.a.b", ".b", "", "*.", "*", "a*.b"};
constexpr std::array<absl::string_view, 11> kSentNames = {
    "", "b", "a.b", "x.a.b", "y.x.a.b", "y.b", ".b", "b.", ".", "c", "..b"};
constexpr std::array<absl::string_view, 3> kTransports = {"", "tls", "raw_buffer"};
constexpr std::array<absl::string_view, 4> kProtocols = {"istio", "h2", "http/1.1", ""};
constexpr std::array<uint16_t, 4> kSourcePorts = {1, 2, 3, 0};

std::vector<std::string> Owned(const std::vector<absl::string_view>& texts) {
  return {texts.begin(), texts.end()};
}

std::vector<Cidr> SomeRanges(Decisions& decisions) {
  std::vector<Cidr> ranges;
  for (const absl::string_view text : decisions.FewOf(kRanges))
    ranges.push_back(*Cidr::Parse(text));
  return ranges;
}

// Which criteria the chains of one listener use: with all nine hardly a connection would find a
// chain.
using CriteriaInUse = std::array<bool, 9>;

FilterChainMatch SomeMatch(Decisions& decisions, const CriteriaInUse& used) {
  FilterChainMatch match;
  if (const uint16_t port = decisions.OneOf(kPorts);
      used[0] && (port != 0 || decisions.Below(8) == 0)) {
    match.destination_port = port;
  }
  if (used[1]) match.prefix_ranges = SomeRanges(decisions);
  if (used[2]) match.server_names = Owned(decisions.FewOf(kListedNames));
  if (used[3]) match.transport_protocol = absl::StrCat(decisions.OneOf(kTransports));
  if (used[4]) match.application_protocols = Owned(decisions.FewOf(kProtocols));
  if (used[5]) match.direct_source_prefix_ranges = SomeRanges(decisions);
  if (used[6]) match.source_type = static_cast<FilterChainMatch::SourceType>(decisions.Below(3));
  if (used[7]) match.source_prefix_ranges = SomeRanges(decisions);
  if (used[8]) match.source_ports = decisions.FewOf(kSourcePorts);
  return match;
}

config::SocketAddress SomeAddress(Decisions& decisions, uint16_t port) {
  return config::SocketAddress(*IpAddress::Parse(decisions.OneOf(kAddresses)), port);
}

ConnectionFacts SomeFacts(Decisions& decisions) {
  ConnectionFacts facts;
  facts.peer = PeerAddress(SomeAddress(decisions, decisions.OneOf(kSourcePorts)));
  facts.local = LocalAddress(SomeAddress(decisions, decisions.OneOf(kPorts)));
  if (decisions.Below(2) == 0) {
    facts.original_destination =
        OriginalDestination(SomeAddress(decisions, decisions.OneOf(kPorts)));
  }
  if (decisions.Below(2) == 0) facts.transport_protocol = "tls";
  facts.server_name = absl::StrCat(decisions.OneOf(kSentNames));
  for (const absl::string_view protocol : decisions.FewOf(kProtocols)) {
    if (!protocol.empty()) facts.application_protocols.emplace_back(protocol);
  }
  return facts;
}

std::string Describe(const std::vector<Cidr>& ranges) {
  return absl::StrJoin(ranges, " ", [](std::string* out, const Cidr& range) {
    absl::StrAppend(out, range.Format());
  });
}

std::string Describe(const config::FilterChain& chain) {
  const FilterChainMatch& match = chain.match;
  return absl::StrCat(
      "  chain ", chain.name, ": port ", match.destination_port.value_or(0), ", to [",
      Describe(match.prefix_ranges), "], names [", absl::StrJoin(match.server_names, " "), "], ",
      match.transport_protocol, ", alpn [", absl::StrJoin(match.application_protocols, " "),
      "], direct [", Describe(match.direct_source_prefix_ranges), "], source type ",
      static_cast<int>(match.source_type), ", from [", Describe(match.source_prefix_ranges),
      "], source ports [", absl::StrJoin(match.source_ports, " "), "]\n");
}

std::string Describe(const config::Listener& listener) {
  std::string text;
  for (const auto& chain : listener.filter_chains) text += Describe(*chain);
  return text;
}

std::string Describe(const ConnectionFacts& facts) {
  return absl::StrCat("  connection from ", facts.peer.address().Format(), " to ",
                      facts.destination().Format(), ", name \"", facts.server_name, "\", ",
                      facts.transport_protocol, ", alpn [",
                      absl::StrJoin(facts.application_protocols, " "), "]\n");
}

// Adds chains one by one and drops those that make the listener one to refuse. Not empty: the two
// disagree about one.
std::string AddChains(Decisions& decisions, config::Listener& listener, ComparisonCounts& counts) {
  CriteriaInUse used;
  for (bool& use : used) use = decisions.Below(5) < 2;
  const size_t chains = decisions.Below(kChainsMax + 1);
  for (size_t i = 0; i < chains; ++i) {
    listener.filter_chains.push_back(std::make_shared<config::FilterChain>(
        config::FilterChain{.name = absl::StrCat(i), .match = SomeMatch(decisions, used)}));
    const bool refused = ReferenceRefuses(listener);
    const absl::Status status = config::CheckFilterChains(listener);
    if (refused == status.ok()) {
      return absl::StrCat("the reference ", refused ? "refuses" : "takes",
                          " what the search answers with \"", status.ToString(), "\":\n",
                          Describe(listener));
    }
    if (!refused) continue;
    ++counts.chains_refused;
    listener.filter_chains.pop_back();
  }
  return "";
}

}  // namespace

std::string CompareMatcherWithReference(std::span<const uint8_t> bytes, ComparisonCounts& counts) {
  Decisions decisions(bytes);
  config::Listener listener{.name = "compared"};
  if (decisions.Below(3) == 0) {
    listener.default_filter_chain =
        std::make_shared<config::FilterChain>(config::FilterChain{.name = "default"});
  }
  if (std::string difference = AddChains(decisions, listener, counts); !difference.empty())
    return difference;
  const auto matcher = FilterChainMatcher::Create(listener);
  if (!matcher.ok()) return absl::StrCat(matcher.status().ToString(), ":\n", Describe(listener));
  for (size_t i = 0; i < kConnections; ++i) {
    const ConnectionFacts facts = SomeFacts(decisions);
    const config::FilterChainPtr expected = ReferenceMatch(listener, facts);
    const config::FilterChainPtr* actual = matcher->Match(facts);
    if ((actual == nullptr ? nullptr : *actual) != expected) {
      return absl::StrCat("reference: ", expected == nullptr ? "none" : expected->name,
                          ", matcher: ", actual == nullptr ? "none" : (*actual)->name, "\n",
                          Describe(facts), Describe(listener));
    }
    ++(expected == nullptr
           ? counts.unserved
           : (expected == listener.default_filter_chain ? counts.defaulted : counts.matched));
  }
  return "";
}

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
//
// Which filter chain serves a connection. Envoy's rule: nine criteria are walked one after the
// other; at each the most specific value that any chain names is taken, and the walk never goes
// back to a less specific one if it comes to nothing further down. Then only the default filter
// chain is left.
//
// The walk is prepared as a graph. A node is one criterion with its table of values; criteria that
// no remaining chain names have no node, so a listener with one chain and no match has no graph at
// all. What lies below a value depends only on which chains are left, so equal sets share one node
// and long lists of values add up instead of multiplying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/filter_chain.h"
#include "config/listener.h"
#include "proxy/policy/connection_facts.h"
#include "proxy/policy/prefix_map.h"

namespace outrigger::policy {

// Immutable; built off the workers, read by all of them. Keeps the chains it was made of.
class FilterChainMatcher {
 public:
  // kInvalidArgument if two chains cannot be told apart (see CheckFilterChains).
  static absl::StatusOr<FilterChainMatcher> Create(const config::Listener& listener);

  // Null: no chain serves such a connection. The pointer stays valid as long as the matcher; its
  // place in chains() is the place of whatever a caller has prepared per chain.
  const config::FilterChainPtr* Match(const ConnectionFacts& facts) const;
  size_t PositionOf(const config::FilterChainPtr* match) const {
    return static_cast<size_t>(match - chains_.data());
  }

  // filter_chains in their order, then default_filter_chain if there is one.
  const std::vector<config::FilterChainPtr>& chains() const { return chains_; }

 private:
  friend class MatchGraphBuilder;

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
  static constexpr size_t kCriterionCount = 9;

  // Where to go next: a node, a chain, or nowhere.
  using Step = uint32_t;
  static constexpr Step kChainBit = Step{1} << 31;
  static constexpr Step kNowhere = ~Step{0};

  // Tables are sorted. Names are views into chains_.
  using PortTable = std::vector<std::pair<uint16_t, Step>>;
  struct NameTable {
    std::vector<std::pair<absl::string_view, Step>> steps;
    size_t length_max = 0;
  };
  // Already holds Node::otherwise for a type that no chain names.
  struct SourceTypes {
    Step same_ip_or_loopback;
    Step external;
  };

  struct Node {
    Criterion criterion;
    Step otherwise;  // for chains that leave the criterion open
    std::variant<PortTable, NameTable, PrefixMap, SourceTypes> table;
  };

  FilterChainMatcher() = default;

  static Step FindPort(const Node& node, uint16_t port);
  static Step FindName(const Node& node, absl::string_view name);
  static Step FindServerName(const Node& node, absl::string_view server_name);
  static Step FindApplicationProtocol(const Node& node, const std::vector<std::string>& offered);
  static Step FindSourceType(const Node& node, const ConnectionFacts& facts);
  static Step Next(const Node& node, const ConnectionFacts& facts);

  std::vector<config::FilterChainPtr> chains_;
  bool has_default_ = false;
  std::vector<Node> nodes_;
  Step root_ = kNowhere;
};

}  // namespace outrigger::policy

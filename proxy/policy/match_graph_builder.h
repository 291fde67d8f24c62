// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "proxy/policy/filter_chain_matcher.h"

namespace outrigger::policy {

// Builds the graph of a matcher whose chains_ are set. Lives only during
// FilterChainMatcher::Create.
class MatchGraphBuilder {
 public:
  explicit MatchGraphBuilder(FilterChainMatcher& matcher) : matcher_(matcher) {}

  // Requires: config::CheckFilterChains found nothing; it also bounds the size of the graph.
  absl::Status Build();

 private:
  using Criterion = FilterChainMatcher::Criterion;
  using Node = FilterChainMatcher::Node;
  using Step = FilterChainMatcher::Step;
  using Members = std::vector<uint32_t>;  // positions in chains_, ascending

  template <typename Key>
  struct Groups {
    absl::btree_map<Key, Members> by_value;
    Members open;  // chains that name no value
  };

  template <typename Key, typename ValuesOf>
  Groups<Key> Group(const Members& members, ValuesOf values_of) const;
  bool IsNamed(Criterion criterion, const Members& members) const;
  const config::FilterChainMatch& MatchOf(uint32_t member) const {
    return matcher_.chains_[member]->match;
  }

  Step Visit(size_t depth, const Members& members);
  Node MakeNode(Criterion criterion, const Members& members);
  Node MakePortNode(Criterion criterion, const Members& members);
  Node MakeNameNode(Criterion criterion, const Members& members);
  Node MakePrefixNode(Criterion criterion, const Members& members);
  Node MakeSourceTypeNode(const Members& members);

  FilterChainMatcher& matcher_;
  absl::flat_hash_map<std::pair<size_t, Members>, Step> visited_;
  bool ambiguous_ = false;
};

}  // namespace outrigger::policy

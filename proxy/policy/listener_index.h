// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "config/listener.h"
#include "config/socket_address.h"
#include "proxy/policy/connection_facts.h"
#include "proxy/policy/filter_chain_matcher.h"

namespace outrigger::policy {

// A listener with what is prepared for it. Shared by snapshots as long as its configuration stays
// the same.
struct ServedListener {
  config::ListenerPtr listener;
  FilterChainMatcher matcher;
};
using ServedListenerPtr = std::shared_ptr<const ServedListener>;

// kInvalidArgument as FilterChainMatcher::Create.
absl::StatusOr<ServedListenerPtr> MakeServedListener(config::ListenerPtr listener);

// Which listener serves an original destination: the hand-off of `use_original_dst`. Immutable;
// built off the workers.
class ListenerIndex {
 public:
  ListenerIndex() = default;
  // kInvalidArgument if two listeners have one address. A listener address with port 0 takes no
  // part: its port is not known before it is bound, and nothing is redirected to it.
  static absl::StatusOr<ListenerIndex> Create(std::vector<ServedListenerPtr> listeners);

  // The listener with exactly this address; else the one with this port and the wildcard address of
  // the same family; for an IPv4 destination else the one on [::] with this port that takes IPv4
  // too. Null: none. O(1).
  ServedListenerPtr Find(const OriginalDestination& destination) const;

  const std::vector<ServedListenerPtr>& listeners() const { return listeners_; }

 private:
  std::vector<ServedListenerPtr> listeners_;
  // Both hold places in listeners_.
  absl::flat_hash_map<config::SocketAddress, uint32_t> by_address_;
  // IPv6 wildcards that also take IPv4, by port. A listener on 0.0.0.0 with the same port comes
  // first, as in Envoy.
  absl::flat_hash_map<uint16_t, uint32_t> ipv4_compatible_;
};

}  // namespace outrigger::policy

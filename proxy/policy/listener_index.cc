// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/listener_index.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "proxy/base/status_macros.h"

namespace outrigger::policy {
namespace {

config::SocketAddress WildcardFor(const config::SocketAddress& address) {
  const config::IpAddress wildcard =
      address.ip().is_ipv4() ? config::IpAddress() : config::IpAddress::FromIpv6(in6addr_any);
  return config::SocketAddress(wildcard, address.port());
}

}  // namespace

absl::StatusOr<ServedListenerPtr> MakeServedListener(config::ListenerPtr listener) {
  ASSIGN_OR_RETURN(FilterChainMatcher matcher, FilterChainMatcher::Create(*listener));
  return std::make_shared<const ServedListener>(
      ServedListener{.listener = std::move(listener), .matcher = std::move(matcher)});
}

absl::StatusOr<ListenerIndex> ListenerIndex::Create(std::vector<ServedListenerPtr> listeners) {
  ListenerIndex index;
  index.listeners_ = std::move(listeners);
  for (uint32_t place = 0; place < index.listeners_.size(); ++place) {
    const ServedListenerPtr& served = index.listeners_[place];
    for (const config::ListenAddress& address : served->listener->addresses) {
      if (address.address.port() == 0) continue;
      const auto [at, inserted] = index.by_address_.emplace(address.address, place);
      if (!inserted) {
        return absl::InvalidArgumentError(absl::StrCat(
            "listener \"", served->listener->name, "\": address ", address.address.Format(),
            " is already that of listener \"", index.listeners_[at->second]->listener->name, "\""));
      }
      const config::IpAddress& ip = address.address.ip();
      if (address.ipv4_compat && !ip.is_ipv4() && ip.IsWildcard()) {
        index.ipv4_compatible_.emplace(address.address.port(), place);
      }
    }
  }
  return index;
}

ServedListenerPtr ListenerIndex::Find(const OriginalDestination& destination) const {
  const config::SocketAddress& address = destination.address();
  if (const auto exact = by_address_.find(address); exact != by_address_.end()) {
    return listeners_[exact->second];
  }
  if (const auto any = by_address_.find(WildcardFor(address)); any != by_address_.end()) {
    return listeners_[any->second];
  }
  if (!address.ip().is_ipv4()) return nullptr;
  const auto compatible = ipv4_compatible_.find(address.port());
  return compatible == ipv4_compatible_.end() ? nullptr : listeners_[compatible->second];
}

}  // namespace outrigger::policy

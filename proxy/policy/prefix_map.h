// SPDX-License-Identifier: Apache-2.0
//
// Longest-prefix match in O(log n). Address ranges are nested or apart, so laying them over one
// another cuts the address space into at most 2n + 1 intervals, each with one answer; a look-up is
// a binary search among their first addresses.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"

#include "config/cidr.h"
#include "config/socket_address.h"

namespace outrigger::policy {

// Immutable. Both families are kept apart: 0.0.0.0/0 holds no IPv6 address and ::/0 no IPv4 one.
class PrefixMap {
 public:
  using Value = uint32_t;

  PrefixMap() = default;
  // Ranges are distinct. `otherwise` is the answer where no range holds the address.
  PrefixMap(std::vector<std::pair<config::Cidr, Value>> ranges, Value otherwise);

  Value Find(const config::IpAddress& address) const;

 private:
  // Until the next entry, addresses from `first` on have this value.
  template <typename Bits>
  struct Interval {
    Bits first;
    Value value;
  };
  // Empty: `otherwise_` everywhere. Else it begins with the family's lowest address.
  template <typename Bits>
  using Intervals = std::vector<Interval<Bits>>;

  template <typename Bits>
  static void Append(Intervals<Bits>& intervals, Bits first, Value value);
  template <typename Bits>
  static Intervals<Bits> Cut(const std::vector<std::pair<config::Cidr, Value>>& ranges,
                             Value otherwise);

  Intervals<uint32_t> ipv4_;
  Intervals<absl::uint128> ipv6_;
  Value otherwise_ = 0;
};

}  // namespace outrigger::policy

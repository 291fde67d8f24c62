// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/prefix_map.h"

#include <algorithm>
#include <limits>

namespace outrigger::policy {
namespace {

// The address as a number whose order is the order of addresses.
template <typename Bits>
Bits BitsOf(const config::IpAddress& address) {
  Bits bits = 0;
  for (size_t i = 0; i < sizeof(Bits); ++i) bits = (bits << 8) | Bits{address.bytes()[i]};
  return bits;
}

template <typename Bits>
Bits LastAddress(const config::Cidr& range) {
  constexpr Bits kOnes = std::numeric_limits<Bits>::max();
  // Shifting by the full width is undefined.
  const bool one_address = range.prefix_length() == range.prefix().bits();
  return BitsOf<Bits>(range.prefix()) | (one_address ? Bits{0} : kOnes >> range.prefix_length());
}

template <typename Intervals, typename Bits>
PrefixMap::Value FindIn(const Intervals& intervals, Bits address) {
  auto next =
      std::upper_bound(intervals.begin(), intervals.end(), address,
                       [](Bits bits, const auto& interval) { return bits < interval.first; });
  return std::prev(next)->value;
}

}  // namespace

PrefixMap::PrefixMap(std::vector<std::pair<config::Cidr, Value>> ranges, Value otherwise)
    : otherwise_(otherwise) {
  // An outer range sorts before those inside it: same or lower prefix, then the shorter length.
  std::sort(ranges.begin(), ranges.end());
  const auto ipv6 = std::partition_point(ranges.begin(), ranges.end(), [](const auto& range) {
    return range.first.prefix().is_ipv4();
  });
  ipv4_ = Cut<uint32_t>({ranges.begin(), ipv6}, otherwise);
  ipv6_ = Cut<absl::uint128>({ipv6, ranges.end()}, otherwise);
}

PrefixMap::Value PrefixMap::Find(const config::IpAddress& address) const {
  if (address.is_ipv4())
    return ipv4_.empty() ? otherwise_ : FindIn(ipv4_, BitsOf<uint32_t>(address));
  return ipv6_.empty() ? otherwise_ : FindIn(ipv6_, BitsOf<absl::uint128>(address));
}

template <typename Bits>
void PrefixMap::Append(Intervals<Bits>& intervals, Bits first, Value value) {
  // A range inside that starts where the outer one does replaces it there.
  if (!intervals.empty() && intervals.back().first == first) {
    intervals.back().value = value;
  } else if (intervals.empty() || intervals.back().value != value) {
    intervals.push_back({first, value});
  }
}

template <typename Bits>
PrefixMap::Intervals<Bits> PrefixMap::Cut(const std::vector<std::pair<config::Cidr, Value>>& ranges,
                                          Value otherwise) {
  Intervals<Bits> intervals;
  if (ranges.empty()) return intervals;
  struct Open {
    Bits last;
    Value value;
  };
  std::vector<Open> open;  // the ranges around the current address, outermost first
  const auto close_innermost = [&] {
    const Bits last = open.back().last;
    open.pop_back();
    if (last == std::numeric_limits<Bits>::max()) return;
    Append<Bits>(intervals, last + 1, open.empty() ? otherwise : open.back().value);
  };
  Append<Bits>(intervals, 0, otherwise);
  for (const auto& [range, value] : ranges) {
    const Bits first = BitsOf<Bits>(range.prefix());
    while (!open.empty() && open.back().last < first) close_innermost();
    Append<Bits>(intervals, first, value);
    open.push_back({LastAddress<Bits>(range), value});
  }
  while (!open.empty()) close_innermost();
  intervals.shrink_to_fit();
  return intervals;
}

}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/socket_address.h"

namespace outrigger::config {

// An address range: a prefix and its length in bits. Bits beyond the length are always zero, so
// equal ranges compare equal.
class Cidr {
 public:
  // 0.0.0.0/0.
  Cidr() = default;
  // `prefix_length` out of range for the family is kInvalidArgument.
  static absl::StatusOr<Cidr> Create(const IpAddress& prefix, int prefix_length);
  // "10.0.0.0/8", "fd00::/8"; without a length the range is that one address.
  static absl::StatusOr<Cidr> Parse(absl::string_view text);

  const IpAddress& prefix() const { return prefix_; }
  int prefix_length() const { return prefix_length_; }
  bool Contains(const IpAddress& address) const;
  std::string Format() const;

  friend bool operator==(const Cidr&, const Cidr&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside <=> for a pointer.
  friend auto operator<=>(const Cidr&, const Cidr&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Cidr& cidr) {
    return H::combine(std::move(h), cidr.prefix_, cidr.prefix_length_);
  }

 private:
  IpAddress prefix_;
  int prefix_length_ = 0;
};

}  // namespace outrigger::config

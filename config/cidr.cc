// SPDX-License-Identifier: Apache-2.0
#include "config/cidr.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "proxy/base/status_macros.h"

namespace outrigger::config {
namespace {

// The address with all bits after the first `length` cleared.
IpAddress Masked(const IpAddress& address, int length) {
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), address.bytes(), address.is_ipv4() ? 4 : 16);
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(length - 8 * i, 0, 8);
    bytes[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  if (address.is_ipv4()) {
    in_addr v4{};
    std::memcpy(&v4, bytes.data(), sizeof(v4));
    return IpAddress::FromIpv4(v4);
  }
  in6_addr v6{};
  std::memcpy(&v6, bytes.data(), sizeof(v6));
  return IpAddress::FromIpv6(v6);
}

}  // namespace

absl::StatusOr<Cidr> Cidr::Create(const IpAddress& prefix, int prefix_length) {
  if (prefix_length < 0 || prefix_length > prefix.bits()) {
    return absl::InvalidArgumentError(absl::StrCat("prefix length ", prefix_length, " of ",
                                                   prefix.Format(), " is not between 0 and ",
                                                   prefix.bits()));
  }
  Cidr result;
  result.prefix_ = Masked(prefix, prefix_length);
  result.prefix_length_ = prefix_length;
  return result;
}

absl::StatusOr<Cidr> Cidr::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text.substr(0, slash)));
  if (slash == absl::string_view::npos) return Create(address, address.bits());
  const absl::string_view digits = text.substr(slash + 1);
  int length = 0;
  const bool all_digits =
      !digits.empty() && digits.size() <= 3 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || !absl::SimpleAtoi(digits, &length)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not an address range (expected for example 10.0.0.0/8)"));
  }
  return Create(address, length);
}

bool Cidr::Contains(const IpAddress& address) const {
  return address.family() == prefix_.family() && Masked(address, prefix_length_) == prefix_;
}

std::string Cidr::Format() const { return absl::StrCat(prefix_.Format(), "/", prefix_length_); }

}  // namespace outrigger::config

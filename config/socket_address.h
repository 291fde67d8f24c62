// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace outrigger::config {

// An IPv4 or IPv6 address, without a port. IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) are always
// un-mapped on the way in, so that one peer has one spelling. 17 bytes, a plain value.
class IpAddress {
 public:
  enum class Family : uint8_t { kIpv4, kIpv6 };

  // 0.0.0.0.
  constexpr IpAddress() = default;
  static IpAddress FromIpv4(const in_addr& address);
  static IpAddress FromIpv6(const in6_addr& address);
  // "10.0.0.1", "fd00::1", "::ffff:10.0.0.1". No brackets, no zone, no surrounding blanks, no octal
  // or short forms.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);

  Family family() const { return family_; }
  bool is_ipv4() const { return family_ == Family::kIpv4; }
  bool IsWildcard() const;
  // 127.0.0.0/8 or ::1.
  bool IsLoopback() const;
  // 4 or 16 bytes, network order.
  const uint8_t* bytes() const { return bytes_.data(); }
  int bits() const { return is_ipv4() ? 32 : 128; }
  std::string Format() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside <=> for a pointer.
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& address) {
    return H::combine(std::move(h), address.family_, address.bytes_);
  }

 private:
  Family family_ = Family::kIpv4;
  std::array<uint8_t, 16> bytes_{};
};

// An IP address and a TCP port. 20 bytes, a plain value.
class SocketAddress {
 public:
  constexpr SocketAddress() = default;
  SocketAddress(const IpAddress& ip, uint16_t port) : ip_(ip), port_(port) {}
  // From what accept, getsockname or SO_ORIGINAL_DST filled in. Unknown families are
  // kInvalidArgument.
  static absl::StatusOr<SocketAddress> FromSockaddr(const sockaddr_storage& storage);
  // "10.0.0.1:80" or "[fd00::1]:80".
  static absl::StatusOr<SocketAddress> Parse(absl::string_view text);

  const IpAddress& ip() const { return ip_; }
  uint16_t port() const { return port_; }
  // "10.0.0.1:80" or "[fd00::1]:80", as Envoy prints it.
  std::string Format() const;
  // Fills `storage` and returns the length to pass to the kernel.
  socklen_t ToSockaddr(sockaddr_storage& storage) const;

  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside <=> for a pointer.
  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SocketAddress& address) {
    return H::combine(std::move(h), address.ip_, address.port_);
  }

 private:
  IpAddress ip_;
  uint16_t port_ = 0;
};

}  // namespace outrigger::config

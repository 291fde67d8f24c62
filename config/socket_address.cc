// SPDX-License-Identifier: Apache-2.0
#include "config/socket_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace outrigger::config {

IpAddress IpAddress::FromIpv4(const in_addr& address) {
  IpAddress result;
  std::memcpy(result.bytes_.data(), &address, sizeof(address));
  return result;
}

IpAddress IpAddress::FromIpv6(const in6_addr& address) {
  IpAddress result;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    std::memcpy(result.bytes_.data(), &address.s6_addr[12], 4);
    return result;
  }
  result.family_ = Family::kIpv6;
  std::memcpy(result.bytes_.data(), &address, sizeof(address));
  return result;
}

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  // inet_pton wants a terminated string, and would stop at an embedded NUL.
  const std::string terminated(text);
  if (terminated.find('\0') == std::string::npos) {
    in_addr v4{};
    if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return FromIpv4(v4);
    in6_addr v6{};
    if (inet_pton(AF_INET6, terminated.c_str(), &v6) == 1) return FromIpv6(v6);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is not an IPv4 or IPv6 address (expected for example 10.0.0.1 or fd00::1)"));
}

bool IpAddress::IsWildcard() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::IsLoopback() const {
  if (is_ipv4()) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t byte) { return byte == 0; }) &&
         bytes_[15] == 1;
}

std::string IpAddress::Format() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_ipv4() ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

absl::StatusOr<SocketAddress> SocketAddress::FromSockaddr(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof(v4));
    return SocketAddress(IpAddress::FromIpv4(v4.sin_addr), ntohs(v4.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof(v6));
    return SocketAddress(IpAddress::FromIpv6(v6.sin6_addr), ntohs(v6.sin6_port));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("address family ", storage.ss_family, " is neither IPv4 nor IPv6"));
}

absl::StatusOr<SocketAddress> SocketAddress::Parse(absl::string_view text) {
  const auto error = [text] {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text,
        "\" is not an address and port (expected for example 10.0.0.1:80 or [fd00::1]:80)"));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return error();
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  uint32_t port = 0;
  const absl::string_view digits = text.substr(colon + 1);
  const bool all_digits =
      !digits.empty() && digits.size() <= 5 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || !absl::SimpleAtoi(digits, &port) || port > 65535) return error();
  const auto ip = IpAddress::Parse(host);
  // "fd00::1:80" would be an address of its own: IPv6 must stand in brackets, IPv4 must not.
  if (!ip.ok() || bracketed != (host.find(':') != absl::string_view::npos)) return error();
  return SocketAddress(*ip, static_cast<uint16_t>(port));
}

std::string SocketAddress::Format() const {
  if (ip_.is_ipv4()) return absl::StrCat(ip_.Format(), ":", port_);
  return absl::StrCat("[", ip_.Format(), "]:", port_);
}

socklen_t SocketAddress::ToSockaddr(sockaddr_storage& storage) const {
  storage = {};
  if (ip_.is_ipv4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    std::memcpy(&v4.sin_addr, ip_.bytes(), 4);
    std::memcpy(&storage, &v4, sizeof(v4));
    return sizeof(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port_);
  std::memcpy(&v6.sin6_addr, ip_.bytes(), 16);
  std::memcpy(&storage, &v6, sizeof(v6));
  return sizeof(v6);
}

}  // namespace outrigger::config

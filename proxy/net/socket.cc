// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/socket.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"

#include "proxy/base/errno_status.h"
#include "proxy/base/free_with.h"
#include "proxy/base/limits.h"
#include "proxy/base/status_macros.h"

// <linux/sockios.h> clashes with <sys/ioctl.h> on some systems; the value is part of the kernel's
// ABI.
#ifndef SIOCOUTQ
#define SIOCOUTQ 0x5411
#endif

namespace outrigger::net {
namespace {

sockaddr* AsSockaddr(sockaddr_storage& storage) { return reinterpret_cast<sockaddr*>(&storage); }

absl::Status SetOption(int fd, int level, int option, int value, absl::string_view what) {
  if (setsockopt(fd, level, option, &value, sizeof(value)) == 0) return absl::OkStatus();
  const int error_number = errno;
  return ErrnoStatus(error_number, what);
}

// A socket bound to `address`; `share` joins or opens an SO_REUSEPORT group.
absl::StatusOr<UniqueFd> Bind(const config::SocketAddress& address, ListenOptions options,
                              bool share) {
  int error_number = 0;
  ASSIGN_OR_RETURN(UniqueFd fd, CreateTcpSocket(address.ip().family(), &error_number));
  RETURN_IF_ERROR(SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "cannot set SO_REUSEADDR"));
  if (share) {
    RETURN_IF_ERROR(SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "cannot set SO_REUSEPORT"));
  }
  if (!address.ip().is_ipv4()) {
    RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0,
                              "cannot set IPV6_V6ONLY"));
  }
  sockaddr_storage storage{};
  const socklen_t length = address.ToSockaddr(storage);
  if (bind(fd.get(), AsSockaddr(storage), length) == 0) return fd;
  error_number = errno;
  const absl::string_view remedy =
      error_number == EADDRINUSE
          ? "; find the process that has it with `ss -ltnp`, or use another port"
      : error_number == EACCES        ? "; ports below 1024 need CAP_NET_BIND_SERVICE"
      : error_number == EADDRNOTAVAIL ? "; no interface of this network namespace has that address"
                                      : "";
  const absl::Status status =
      ErrnoStatus(error_number, absl::StrCat("cannot listen on ", address.Format()));
  return absl::Status(status.code(), absl::StrCat(status.message(), remedy));
}

}  // namespace

absl::StatusOr<UniqueFd> CreateTcpSocket(config::IpAddress::Family family, int* error_number) {
  const int domain = family == config::IpAddress::Family::kIpv4 ? AF_INET : AF_INET6;
  UniqueFd fd(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (fd) return fd;
  *error_number = errno;
  const absl::string_view remedy =
      *error_number == EAFNOSUPPORT ? " (is IPv6 switched off here?)" : "";
  return ErrnoStatus(
      *error_number,
      absl::StrCat("cannot create an ", domain == AF_INET ? "IPv4" : "IPv6", " socket", remedy));
}

absl::StatusOr<config::SocketAddress> LocalAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getsockname(fd, AsSockaddr(storage), &length) == 0) {
    return config::SocketAddress::FromSockaddr(storage);
  }
  const int error_number = errno;
  return ErrnoStatus(error_number, "cannot read a socket's own address");
}

absl::StatusOr<config::SocketAddress> PeerAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getpeername(fd, AsSockaddr(storage), &length) == 0) {
    return config::SocketAddress::FromSockaddr(storage);
  }
  const int error_number = errno;
  return ErrnoStatus(error_number, "cannot read a socket's peer address");
}

int BindSource(int fd, const config::SocketAddress& source) {
  const int on = 1;
  if (source.port() == 0) {
    // Also for IPv6, where the option keeps its IPv4 level.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  }
  sockaddr_storage storage{};
  const socklen_t length = source.ToSockaddr(storage);
  if (bind(fd, AsSockaddr(storage), length) == 0) return 0;
  return errno;
}

int StartConnect(int fd, const config::SocketAddress& destination) {
  sockaddr_storage storage{};
  const socklen_t length = destination.ToSockaddr(storage);
  if (connect(fd, AsSockaddr(storage), length) == 0) return 0;
  const int error_number = errno;
  // EINTR: the attempt goes on in the background, as with EINPROGRESS.
  return error_number == EINPROGRESS || error_number == EINTR ? 0 : error_number;
}

int TakeSocketError(int fd) {
  int error_number = 0;
  socklen_t length = sizeof(error_number);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &length) != 0) return errno;
  return error_number;
}

int UnacknowledgedBytes(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

absl::StatusOr<UniqueFd> BindListener(const config::SocketAddress& address, ListenOptions options) {
  return Bind(address, options, /*share=*/true);
}

absl::Status StartListening(int fd) {
  if (listen(fd, limits::kListenBacklog) == 0) return absl::OkStatus();
  const int error_number = errno;
  return ErrnoStatus(error_number, "cannot listen");
}

absl::Status CheckAddressIsFree(const config::SocketAddress& address, ListenOptions options) {
  return Bind(address, options, /*share=*/false).status();
}

bool IsLocalAddress(const config::IpAddress& ip) {
  if (ip.IsLoopback()) return true;
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0) return false;
  const std::unique_ptr<ifaddrs, FreeWith<freeifaddrs>> list(raw);
  for (const ifaddrs* entry = raw; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    sockaddr_storage storage{};
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    std::memcpy(&storage, entry->ifa_addr,
                family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    const auto address = config::SocketAddress::FromSockaddr(storage);
    if (address.ok() && address->ip() == ip) return true;
  }
  return false;
}

}  // namespace outrigger::net

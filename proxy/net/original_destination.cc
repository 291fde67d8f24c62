// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/original_destination.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "proxy/base/errno_status.h"

namespace outrigger::net {
namespace {

// SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST are both 80; the netfilter headers that define them do
// not compile as C++.
constexpr int kSoOriginalDst = 80;

}  // namespace

absl::StatusOr<config::SocketAddress> OriginalDestination(int fd,
                                                          config::IpAddress::Family family) {
  const int level = family == config::IpAddress::Family::kIpv4 ? SOL_IP : SOL_IPV6;
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getsockopt(fd, level, kSoOriginalDst, &storage, &length) == 0) {
    return config::SocketAddress::FromSockaddr(storage);
  }
  const int error_number = errno;
  if (error_number == ENOPROTOOPT) {
    return absl::FailedPreconditionError(
        "the kernel cannot tell original destinations (SO_ORIGINAL_DST): load the conntrack module "
        "and put the redirect rules in with `outrigger iptables`");
  }
  return ErrnoStatus(error_number, "cannot read the original destination");
}

}  // namespace outrigger::net

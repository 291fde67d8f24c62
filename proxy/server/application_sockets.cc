// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/application_sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "proxy/base/errno_status.h"
#include "proxy/base/status_macros.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::server {
namespace {

// A dump of a large pod (20,000 sockets) is some 3 MB; more than this many reads means the kernel
// answers nonsense.
constexpr int kReadsMax = 10'000;

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

absl::Status SendDumpRequest(int fd, uint8_t family) {
  Request request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~((1U << TCP_TIME_WAIT) | (1U << TCP_CLOSE));
  if (send(fd, &request, sizeof(request), 0) == static_cast<ssize_t>(sizeof(request))) {
    return absl::OkStatus();
  }
  const int error_number = errno;
  return ErrnoStatus(error_number, "cannot ask for the socket table");
}

bool IsOthers(const inet_diag_msg& socket, uid_t own_uid, const std::vector<uid_t>& ignored_uids) {
  if (socket.idiag_inode == 0) return false;  // no process has it any more
  if (socket.idiag_uid == own_uid) return false;
  return std::find(ignored_uids.begin(), ignored_uids.end(), socket.idiag_uid) ==
         ignored_uids.end();
}

absl::StatusOr<bool> DumpFamily(int fd, uint8_t family, uid_t own_uid,
                                const std::vector<uid_t>& ignored_uids) {
  RETURN_IF_ERROR(SendDumpRequest(fd, family));
  alignas(nlmsghdr) std::array<char, 32768> buffer{};
  bool found = false;
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t received = recv(fd, buffer.data(), buffer.size(), 0);
    if (received < 0) {
      const int error_number = errno;
      if (error_number == EINTR) continue;
      return ErrnoStatus(error_number, "cannot read the socket table");
    }
    // The netlink macros are made of C casts: the same steps by hand.
    size_t offset = 0;
    const auto end = static_cast<size_t>(received);
    while (offset + sizeof(nlmsghdr) <= end) {
      const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data() + offset);
      if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > end - offset) break;
      if (header->nlmsg_type == NLMSG_DONE) return found;
      if (header->nlmsg_type == NLMSG_ERROR) {
        return absl::UnavailableError("the kernel refused to list sockets (sock_diag)");
      }
      if (header->nlmsg_len >= sizeof(nlmsghdr) + sizeof(inet_diag_msg)) {
        const auto* entry =
            reinterpret_cast<const inet_diag_msg*>(buffer.data() + offset + sizeof(nlmsghdr));
        found = found || IsOthers(*entry, own_uid, ignored_uids);
      }
      offset += (header->nlmsg_len + size_t{NLMSG_ALIGNTO} - 1) & ~(size_t{NLMSG_ALIGNTO} - 1);
    }
  }
  return absl::UnavailableError("the socket table does not end");
}

}  // namespace

absl::StatusOr<bool> OthersHaveTcpSockets(uid_t own_uid, const std::vector<uid_t>& ignored_uids) {
  const UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) {
    const int error_number = errno;
    return ErrnoStatus(error_number, "cannot open a sock_diag socket");
  }
  for (const uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}}) {
    ASSIGN_OR_RETURN(const bool found, DumpFamily(fd.get(), family, own_uid, ignored_uids));
    if (found) return true;
  }
  return false;
}

}  // namespace outrigger::server

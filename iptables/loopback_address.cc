// SPDX-License-Identifier: Apache-2.0
#include "iptables/loopback_address.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "proxy/base/errno_status.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::iptables {
namespace {

// The kernel answers such a request at once.
constexpr time_t kAnswerSecondsMax = 5;

struct AddressRequest {
  nlmsghdr header;
  ifaddrmsg message;
  rtattr local_header;
  uint8_t local[16];
  rtattr address_header;
  uint8_t address[16];
};
static_assert(sizeof(AddressRequest) == NLMSG_LENGTH(sizeof(ifaddrmsg)) + 2 * RTA_LENGTH(16),
              "attributes must be adjacent");

AddressRequest MakeRequest(uint16_t type, uint16_t flags, uint32_t interface) {
  AddressRequest request{};
  request.header = {.nlmsg_len = sizeof(request),
                    .nlmsg_type = type,
                    .nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags),
                    .nlmsg_seq = 1,
                    .nlmsg_pid = 0};
  request.message = {.ifa_family = AF_INET6,
                     .ifa_prefixlen = 128,
                     .ifa_flags = 0,
                     .ifa_scope = 0,
                     .ifa_index = interface};
  request.local_header = {.rta_len = RTA_LENGTH(16), .rta_type = IFA_LOCAL};
  request.address_header = {.rta_len = RTA_LENGTH(16), .rta_type = IFA_ADDRESS};
  request.local[15] = 6;
  request.address[15] = 6;
  return request;
}

// Sends the request and returns the kernel's error number, 0 for done.
absl::StatusOr<int> Ask(uint16_t type, uint16_t flags) {
  const uint32_t interface = if_nametoindex("lo");
  if (interface == 0) return ErrnoStatus(errno, "looking up interface lo");
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const int socket_error = errno;
  if (!socket) return ErrnoStatus(socket_error, "opening a netlink socket");
  const timeval timeout = {.tv_sec = kAnswerSecondsMax, .tv_usec = 0};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0) {
    return ErrnoStatus(errno, "setting a timeout on a netlink socket");
  }
  const AddressRequest request = MakeRequest(type, flags, interface);
  if (::send(socket.get(), &request, sizeof(request), 0) != static_cast<ssize_t>(sizeof(request))) {
    return ErrnoStatus(errno, "sending a netlink request");
  }
  alignas(nlmsghdr) char answer[1024];
  const ssize_t count = ::recv(socket.get(), answer, sizeof(answer), 0);
  const int receive_error = errno;
  if (count < 0) return ErrnoStatus(receive_error, "receiving a netlink answer");
  nlmsghdr header{};
  nlmsgerr error{};
  if (static_cast<size_t>(count) < NLMSG_LENGTH(sizeof(error)))
    return absl::InternalError("netlink answer is too short");
  std::memcpy(&header, answer, sizeof(header));
  std::memcpy(&error, answer + NLMSG_HDRLEN, sizeof(error));
  if (header.nlmsg_type != NLMSG_ERROR)
    return absl::InternalError("netlink answer is no acknowledgement");
  return -error.error;
}

std::string Remedy(int error) {
  switch (error) {
    case EPERM:
      return "; run as root or with the capability NET_ADMIN";
    case EACCES:
    case EADDRNOTAVAIL:
    case EOPNOTSUPP:
      return "; IPv6 is switched off on lo: set the sysctl net.ipv6.conf.lo.disable_ipv6 to 0, or "
             "give the pod no IPv6 address";
    default:
      return "";
  }
}

}  // namespace

absl::StatusOr<bool> AddInboundSourceAddress() {
  const absl::StatusOr<int> error = Ask(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  if (!error.ok()) return error.status();
  if (*error == 0) return true;
  if (*error == EEXIST) return false;
  return ErrnoStatus(*error, "adding the address ::6 to lo" + Remedy(*error));
}

absl::Status RemoveInboundSourceAddress() {
  const absl::StatusOr<int> error = Ask(RTM_DELADDR, 0);
  if (!error.ok()) return error.status();
  // EOPNOTSUPP and EAFNOSUPPORT: this kernel runs without IPv6.
  const bool absent = *error == EADDRNOTAVAIL || *error == EOPNOTSUPP || *error == EAFNOSUPPORT;
  if (*error == 0 || absent) return absl::OkStatus();
  return ErrnoStatus(*error, "removing the address ::6 from lo" + Remedy(*error));
}

}  // namespace outrigger::iptables

// SPDX-License-Identifier: Apache-2.0
#include "iptables/host_facts.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "proxy/base/errno_status.h"
#include "proxy/base/free_with.h"
#include "proxy/base/status_macros.h"
#include "proxy/base/unique_fd.h"

extern char** environ;

namespace outrigger::iptables {
namespace {

// A file that is missing reads as empty: an image without /etc/passwd simply knows no names.
std::string ReadTextFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// /etc/passwd and /etc/group both have the name first and the id third.
std::map<std::string, uint32_t, std::less<>> ReadNames(const char* path) {
  std::map<std::string, uint32_t, std::less<>> names;
  const std::string text = ReadTextFile(path);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    uint32_t id = 0;
    if (fields.size() >= 3 && absl::SimpleAtoi(fields[2], &id))
      names.emplace(std::string(fields[0]), id);
  }
  return names;
}

absl::StatusOr<std::vector<config::IpAddress>> ReadAddresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0)
    return ErrnoStatus(errno, "listing the addresses of the interfaces");
  const std::unique_ptr<ifaddrs, FreeWith<::freeifaddrs>> owned(list);
  std::vector<config::IpAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const auto family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, entry->ifa_addr,
                family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    ASSIGN_OR_RETURN(const config::SocketAddress address,
                     config::SocketAddress::FromSockaddr(storage));
    addresses.push_back(address.ip());
  }
  return addresses;
}

}  // namespace

absl::StatusOr<HostFacts> ReadHostFacts() {
  HostFacts facts;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == absl::string_view::npos) continue;
    facts.environment.emplace(std::string(text.substr(0, equals)),
                              std::string(text.substr(equals + 1)));
  }
  ASSIGN_OR_RETURN(facts.addresses, ReadAddresses());
  facts.users = ReadNames("/etc/passwd");
  facts.groups = ReadNames("/etc/group");
  facts.resolv_conf = ReadTextFile("/etc/resolv.conf");
  return facts;
}

absl::Status EnterNetworkNamespace(const std::string& path) {
  const UniqueFd wanted(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int open_error = errno;
  if (!wanted) return ErrnoStatus(open_error, absl::StrCat("--network-namespace: opening ", path));
  struct stat there = {};
  struct stat here = {};
  if (::fstat(wanted.get(), &there) != 0)
    return ErrnoStatus(errno, absl::StrCat("--network-namespace: ", path));
  const bool known = ::stat("/proc/self/ns/net", &here) == 0;
  if (known && there.st_dev == here.st_dev && there.st_ino == here.st_ino) return absl::OkStatus();
  if (::setns(wanted.get(), CLONE_NEWNET) != 0) {
    const int error = errno;
    return ErrnoStatus(
        error,
        absl::StrCat("--network-namespace: entering ", path,
                     error == EPERM ? "; run as root or with the capability SYS_ADMIN" : ""));
  }
  return absl::OkStatus();
}

}  // namespace outrigger::iptables

// SPDX-License-Identifier: Apache-2.0
#include "iptables/validation.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"
#include "proxy/base/unique_fd.h"
#include "proxy/net/original_destination.h"
#include "proxy/net/socket.h"

namespace outrigger::iptables {
namespace {

using Clock = std::chrono::steady_clock;

// As Istio does: the rules may come while we wait, and one attempt a second disturbs nobody.
constexpr std::chrono::seconds kAttemptInterval{1};

config::IpAddress Address(absl::string_view text) {
  const auto address = config::IpAddress::Parse(text);
  return address.ok() ? *address : config::IpAddress();
}

struct Probe {
  config::IpAddress source;
  config::SocketAddress destination;
  std::vector<UniqueFd> listeners;
  UniqueFd client;
  // Of the last attempt; 0 while it is under way.
  int connect_error = 0;
};

absl::StatusOr<UniqueFd> Listen(const config::SocketAddress& address) {
  ASSIGN_OR_RETURN(UniqueFd listener, net::BindListener(address, {}));
  RETURN_IF_ERROR(net::StartListening(listener.get()));
  return listener;
}

absl::StatusOr<Probe> CreateProbe(const Options& options) {
  const bool ipv6 = options.host_address && !options.host_address->is_ipv4();
  Probe probe;
  probe.source = Address(ipv6 ? "::1" : "127.0.0.1");
  probe.destination =
      config::SocketAddress(Address(ipv6 ? "::6" : "127.0.0.6"), options.probe_port);
  absl::Status failure;
  for (const uint16_t port : {options.proxy_port, options.inbound_capture_port}) {
    absl::StatusOr<UniqueFd> listener = Listen(config::SocketAddress(probe.source, port));
    if (listener.ok()) {
      probe.listeners.push_back(*std::move(listener));
    } else {
      failure = listener.status();
    }
  }
  if (probe.listeners.empty()) return failure;
  return probe;
}

void StartAttempt(Probe& probe) {
  int error = 0;
  probe.connect_error = 0;
  absl::StatusOr<UniqueFd> client = net::CreateTcpSocket(probe.source.family(), &error);
  if (client.ok()) {
    error = net::BindSource(client->get(), config::SocketAddress(probe.source, 0));
    if (error == 0) error = net::StartConnect(client->get(), probe.destination);
    probe.client = *std::move(client);
  }
  probe.connect_error = error;
}

// True if the connection that waits at `listener` was on its way to the probe port. That alone
// proves the redirection: nobody listens there, and a successful lookup by itself would prove
// nothing.
bool AcceptedProbe(const Probe& probe, int listener) {
  const UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!accepted) return false;
  const auto original = net::OriginalDestination(accepted.get(), probe.source.family());
  return original.ok() && original->port() == probe.destination.port();
}

bool WaitForProbe(const Probe& probe, Clock::time_point until) {
  std::vector<pollfd> waits;
  for (const UniqueFd& listener : probe.listeners) waits.push_back({listener.get(), POLLIN, 0});
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    const int ready =
        ::poll(waits.data(), static_cast<nfds_t>(waits.size()), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return false;
    for (const pollfd& wait : waits) {
      if (ready > 0 && wait.revents != 0 && AcceptedProbe(probe, wait.fd)) return true;
    }
  }
}

std::string FormatIds(const std::vector<IdRange>& ids) {
  std::string text;
  for (const IdRange& range : ids) {
    absl::StrAppend(&text, text.empty() ? "" : ",", range.first);
    if (range.last != range.first) absl::StrAppend(&text, "-", range.last);
  }
  return text;
}

}  // namespace

absl::Status ValidateRedirection(const Options& options) {
  ASSIGN_OR_RETURN(Probe probe, CreateProbe(options));
  const Clock::time_point deadline = Clock::now() + options.probe_timeout;
  while (Clock::now() < deadline) {
    StartAttempt(probe);
    if (WaitForProbe(probe, std::min(deadline, Clock::now() + kAttemptInterval))) {
      LOG(kInfo, kMain, "redirection works", {"probe", probe.destination.Format()});
      return absl::OkStatus();
    }
  }
  if (probe.connect_error == 0) probe.connect_error = net::TakeSocketError(probe.client.get());
  const std::string last =
      probe.connect_error == 0 ? "no answer" : std::strerror(probe.connect_error);
  return absl::DeadlineExceededError(absl::StrCat(
      "validation failed: within ", options.probe_timeout.count(), " ms no connection from ",
      probe.source.Format(), " to ", probe.destination.Format(), " was redirected to port ",
      options.proxy_port, " or ", options.inbound_capture_port, " (last attempt: ", last,
      "); either the rules are missing, with Istio CNI because the pod started before the node was "
      "ready,"
      " or this process (uid ",
      ::getuid(), ", gid ", ::getgid(), ") is not the proxy's user (uid ",
      FormatIds(options.proxy_uids), ", gid ", FormatIds(options.proxy_gids), ")"));
}

}  // namespace outrigger::iptables

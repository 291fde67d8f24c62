// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/listening_sockets.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "proxy/base/status_macros.h"
#include "proxy/net/socket.h"
#include "proxy/net/socket_options.h"

namespace outrigger::server {
namespace {

absl::StatusOr<ListeningAddress> BindAddress(const config::ListenerPtr& listener,
                                             const config::ListenAddress& wanted, size_t workers) {
  const net::ListenOptions options{.v6_only = !wanted.ipv4_compat};
  RETURN_IF_ERROR(net::CheckAddressIsFree(wanted.address, options));
  ListeningAddress result{.listener = listener, .address = wanted.address, .sockets = {}};
  for (size_t worker = 0; worker < workers; ++worker) {
    ASSIGN_OR_RETURN(UniqueFd fd, net::BindListener(result.address, options));
    // Accepted sockets inherit these, which saves six system calls a connection.
    net::SetProxiedSocketOptions(fd.get(),
                                 listener->tcp_keepalive.value_or(config::TcpKeepalive{}));
    if (worker == 0) {
      ASSIGN_OR_RETURN(result.address, net::LocalAddress(fd.get()));
    }
    result.sockets.push_back(std::move(fd));
  }
  return result;
}

}  // namespace

absl::StatusOr<std::vector<ListeningAddress>> BindListeners(
    const std::vector<config::ListenerPtr>& listeners, size_t workers) {
  std::vector<ListeningAddress> result;
  for (const config::ListenerPtr& listener : listeners) {
    if (!listener->bind_to_port) continue;
    for (const config::ListenAddress& address : listener->addresses) {
      auto bound = BindAddress(listener, address, workers);
      if (!bound.ok()) {
        return absl::Status(bound.status().code(), absl::StrCat("listener \"", listener->name,
                                                                "\": ", bound.status().message()));
      }
      result.push_back(*std::move(bound));
    }
  }
  return result;
}

absl::Status StartListening(const std::vector<ListeningAddress>& addresses) {
  for (const ListeningAddress& address : addresses) {
    for (const UniqueFd& fd : address.sockets) RETURN_IF_ERROR(net::StartListening(fd.get()));
  }
  return absl::OkStatus();
}

}  // namespace outrigger::server

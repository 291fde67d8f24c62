// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "config/listener.h"
#include "proxy/base/unique_fd.h"

namespace outrigger::server {

// The sockets of one address of a listener: one per worker, in one SO_REUSEPORT group, bound and
// not yet listening.
struct ListeningAddress {
  config::ListenerPtr listener;
  config::SocketAddress address;  // as bound: port 0 has become the kernel's choice
  std::vector<UniqueFd> sockets;  // by worker
};

// Binds every address of every listener with bind_to_port, for `workers` workers. All or nothing:
// on an error nothing is left bound. The first worker's sockets learn port 0's number, the others
// join it.
absl::StatusOr<std::vector<ListeningAddress>> BindListeners(
    const std::vector<config::ListenerPtr>& listeners, size_t workers);

// Starts listening on all of them. Only now may connections arrive.
absl::Status StartListening(const std::vector<ListeningAddress>& addresses);

}  // namespace outrigger::server

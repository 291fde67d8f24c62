// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

#include "absl/status/statusor.h"

namespace outrigger::server {

// Whether somebody else than `own_uid` and `ignored_uids` has a TCP socket in this network
// namespace, listening or connected: the application is still there. Asks the kernel by sock_diag;
// needs no privilege. Sockets that nobody owns any more (TIME_WAIT, orphans) do not count.
absl::StatusOr<bool> OthersHaveTcpSockets(uid_t own_uid, const std::vector<uid_t>& ignored_uids);

}  // namespace outrigger::server

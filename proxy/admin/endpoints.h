// SPDX-License-Identifier: Apache-2.0
//
// What the admin port shows and does. The data come in as plain rows, taken by whoever owns them at
// the moment of the request; this folder knows no worker, no session and no snapshot.
#pragma once

#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

#include "proxy/admin/http_server.h"
#include "proxy/admin/rows.h"
#include "proxy/observe/counters.h"
#include "proxy/observe/stats_text.h"

namespace outrigger::admin {

struct DrainOptions {
  bool inbound_only = false;
  bool graceful = false;
  bool skip_exit = false;
};

// What the server must be able to tell and do. All are called on the main thread, any number of
// times. Getters give a picture of the moment and return at once.
struct AdminCallbacks {
  absl::AnyInvocable<observe::ServerNumbers()> numbers;
  absl::AnyInvocable<std::vector<ListenerRow>()> listeners;
  absl::AnyInvocable<std::vector<ClusterRow>()> clusters;
  absl::AnyInvocable<ServerInfo()> server_info;
  // Asks the workers and calls `done` once, on the main thread, at the latest after
  // limits::kWorkerAnswerMax.
  absl::AnyInvocable<void(absl::AnyInvocable<void(ConnectionList)> done)> connections;
  // Begins the end of the process. The answer to the client leaves in the turn of the loop after
  // this.
  absl::AnyInvocable<void()> quit;
  absl::AnyInvocable<absl::Status(const DrainOptions& options)> drain_listeners;
};

// Requires: `server` is empty; `stats` outlives it; all callbacks are set.
void RegisterEndpoints(HttpServer& server, const observe::StatsStore& stats,
                       AdminCallbacks callbacks);

}  // namespace outrigger::admin

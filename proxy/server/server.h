// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "config/bootstrap.h"
#include "proxy/event/loop.h"
#include "proxy/event/mailbox.h"
#include "proxy/event/signal_watcher.h"
#include "proxy/observe/access_log_writer.h"
#include "proxy/observe/counters.h"
#include "proxy/server/admin_port.h"
#include "proxy/server/drainer.h"
#include "proxy/server/listening_sockets.h"
#include "proxy/server/run_options.h"
#include "proxy/server/worker.h"
#include "proxy/server/worker_loads.h"
#include "proxy/session/serving_snapshot.h"
#include "proxy/upstream/dial_registry.h"
#include "proxy/upstream/endpoint_state.h"
#include "xds/file_source.h"

namespace outrigger::server {

// The process: makes the parts in the order in which they need each other, runs the main loop,
// takes them down in reverse. Belongs to the main thread.
class Server {
 public:
  // Everything up to listening. `started` is when the process began. On
  // an error nothing is left bound.
  static absl::StatusOr<std::unique_ptr<Server>> Create(
      RunOptions options, xds::LoadedBootstrap loaded,
      std::chrono::steady_clock::time_point started);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until told to end. Returns when all sessions are over or reset.
  void Run();

 private:
  Server(RunOptions options, xds::LoadedBootstrap loaded, size_t workers,
         WorkerLoads::Limits limits);

  absl::Status Start(std::chrono::steady_clock::time_point started);
  absl::Status OpenAccessLogs();
  absl::Status CreateWorkers();
  absl::Status Publish();
  absl::Status OpenAdmin();
  void RegisterAdmin(std::chrono::steady_clock::time_point started);
  absl::Status WatchSignals();
  absl::Status Drain(const admin::DrainOptions& options);
  observe::ServerNumbers Numbers(std::chrono::steady_clock::time_point started) const;
  std::vector<admin::ListenerRow> ListenerRows() const;
  std::vector<admin::ClusterRow> ClusterRows() const;
  admin::ServerInfo Info() const;
  std::vector<Worker*> Workers() const;
  void StopAccepting(bool inbound_only);
  bool is_sidecar() const;
  Drainer::Options DrainOptions() const;
  std::string ListeningOn() const;

  const RunOptions options_;
  const config::Bootstrap bootstrap_;
  const uint64_t config_warnings_;
  const size_t worker_count_;
  std::unique_ptr<event::Loop> loop_;
  std::unique_ptr<event::Mailbox> mailbox_;
  observe::StatsStore stats_;
  observe::AccessLogWriter access_logs_;
  upstream::EndpointStates endpoint_states_;
  upstream::DialRegistry dials_;
  WorkerLoads loads_;
  std::vector<ListeningAddress> listening_;  // their sockets move to the workers
  session::ServingSnapshotPtr snapshot_;
  std::unique_ptr<AdminPort> admin_;                // null without an admin address
  std::unique_ptr<ConnectionCollector> collector_;  // outlives the workers, who post to it
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Drainer> drainer_;
  std::vector<event::SignalWatcher> signals_;
  event::Timer drain_timer_;
  event::Timer quit_timer_;  // lets the answer to /quitquitquit leave first
  std::chrono::milliseconds initialization_time_{0};
  bool graceful_drain_begun_ = false;
};

}  // namespace outrigger::server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "config/socket_address.h"
#include "proxy/admin/endpoints.h"
#include "proxy/admin/http_server.h"
#include "proxy/event/fd_watcher.h"
#include "proxy/event/loop.h"
#include "proxy/event/mailbox.h"
#include "proxy/event/timer.h"
#include "proxy/server/worker.h"

namespace outrigger::server {

// The admin port on the main loop. Main thread.
class AdminPort {
 public:
  static absl::StatusOr<std::unique_ptr<AdminPort>> Create(event::Loop& loop,
                                                           const config::SocketAddress& address);

  void Register(const observe::StatsStore& stats, admin::AdminCallbacks callbacks) {
    admin::RegisterEndpoints(*server_, stats, std::move(callbacks));
  }
  const config::SocketAddress& address() const { return server_->address(); }

 private:
  explicit AdminPort(std::unique_ptr<admin::HttpServer> server);
  void OnReady(event::Readiness readiness);
  std::unique_ptr<admin::HttpServer> server_;
  event::FdWatcher watcher_;  // after the descriptor it watches
};

// Gathers the rows of /connections from the workers. Main thread; outlives the workers.
class ConnectionCollector {
 public:
  using Done = absl::AnyInvocable<void(admin::ConnectionList)>;

  ConnectionCollector(event::Loop& loop, event::Mailbox& mailbox)
      : loop_(loop), mailbox_(mailbox) {}
  ConnectionCollector(const ConnectionCollector&) = delete;
  ConnectionCollector& operator=(const ConnectionCollector&) = delete;

  // Asks every worker by its mailbox. `done` is called once: when all have answered, or after
  // limits::kWorkerAnswerMax with what there is; an answer that comes later is dropped.
  void Collect(const std::vector<Worker*>& workers, Done done);

 private:
  struct Request {
    admin::ConnectionList list;
    uint64_t silent = 0;
    Done done;
    event::Timer deadline;
  };
  void Add(uint64_t id, admin::ConnectionList part);
  void Conclude(uint64_t id);

  event::Loop& loop_;
  event::Mailbox& mailbox_;
  uint64_t next_id_ = 0;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Request>> requests_;
};

}  // namespace outrigger::server

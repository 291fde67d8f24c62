// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "proxy/event/loop.h"
#include "proxy/event/mailbox.h"
#include "proxy/event/timer.h"
#include "proxy/net/acceptor.h"
#include "proxy/observe/access_log_writer.h"
#include "proxy/observe/counters.h"
#include "proxy/server/worker_loads.h"
#include "proxy/session/session.h"

namespace outrigger::server {

// One thread with its loop, its acceptors and its sessions. Everything in it belongs to that
// thread; other threads come in by Post. Created and destroyed on the main thread while the
// worker's own thread does not run.
class Worker {
 public:
  struct Options {
    size_t index = 0;
    WorkerLoads& loads;
    upstream::DialRegistry& dials;
    observe::StatsStore& stats;
    observe::AccessLogWriter& access_logs;
    std::string hostname;
    uint64_t first_session_id = 0;  // ids of one worker: first, first + workers, ...
    uint64_t session_id_step = 1;
  };
  // A row of /connections in the making.
  using SessionVisitor = absl::AnyInvocable<void(const session::Session&)>;

  static absl::StatusOr<std::unique_ptr<Worker>> Create(Options options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // --- Before Start. ---
  // All workers, by index; a fresh socket may go to any of them.
  void SetPeers(std::vector<Worker*> peers);
  // Takes a bound and listening socket.
  absl::Status AddListeningSocket(UniqueFd socket, policy::ServedListenerPtr listener);
  void SetSnapshot(session::ServingSnapshotPtr snapshot);
  void Start();

  // --- Any thread. ---
  size_t index() const { return options_.index; }
  bool Post(event::Mailbox::Task task);

  // --- The worker's thread, by Post. ---
  // Stops accepting, for good; takes what waits in the accept queues first.
  void StopAccepting(bool inbound_only);
  void VisitSessions(SessionVisitor visitor) const;

  // --- Main thread. Resets what is left and returns when the thread has ended. ---
  void StopAndJoin();

 private:
  struct Listening {
    policy::ServedListenerPtr listener;
    std::unique_ptr<net::Acceptor> acceptor;
  };

  Worker(Options options, std::unique_ptr<event::Loop> loop,
         std::unique_ptr<event::Mailbox> mailbox);
  void OnAccept(const policy::ServedListenerPtr& listener, UniqueFd fd,
                const config::SocketAddress& peer);
  void StartSession(session::Accepted accepted);
  void PauseAccepting();
  void ResumeAccepting();
  void FreeRetired();
  void Sweep();
  void TerminateAll();

  const Options options_;
  std::unique_ptr<event::Loop> loop_;
  std::unique_ptr<event::Mailbox> mailbox_;
  std::vector<Worker*> peers_;
  std::mt19937_64 random_;
  std::vector<uint8_t> copy_buffer_;
  session::PipePool pipes_;
  session::SessionResources resources_;
  std::vector<Listening> listening_;
  std::vector<std::unique_ptr<session::Session>> sessions_;
  std::vector<std::unique_ptr<session::Session>> retired_;
  event::Timer resume_timer_;
  event::Timer sweep_timer_;
  uint64_t next_session_id_ = 0;
  bool accepting_paused_ = false;
  std::thread thread_;
};

}  // namespace outrigger::server

// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/worker.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"
#include "proxy/net/socket_options.h"

namespace outrigger::server {

absl::StatusOr<std::unique_ptr<Worker>> Worker::Create(Options options) {
  ASSIGN_OR_RETURN(std::unique_ptr<event::Loop> loop, event::Loop::Create());
  ASSIGN_OR_RETURN(std::unique_ptr<event::Mailbox> mailbox, event::Mailbox::Create(*loop));
  return std::unique_ptr<Worker>(
      new Worker(std::move(options), std::move(loop), std::move(mailbox)));
}

Worker::Worker(Options options, std::unique_ptr<event::Loop> loop,
               std::unique_ptr<event::Mailbox> mailbox)
    : options_(std::move(options)),
      loop_(std::move(loop)),
      mailbox_(std::move(mailbox)),
      random_(std::random_device()()),
      copy_buffer_(limits::kCopyBufferBytes),
      pipes_(options_.stats.workers().at(options_.index)),
      resources_{.loop = *loop_,
                 .pumps = {.loop = *loop_,
                           .buffer = copy_buffer_,
                           .pipes = pipes_,
                           .counters = options_.stats.workers().at(options_.index)},
                 .dials = options_.dials,
                 .access_logs = options_.access_logs,
                 .counters = options_.stats.workers().at(options_.index),
                 .worker = options_.index,
                 .hostname = options_.hostname,
                 .snapshot = nullptr,
                 .random_bits = [this] { return random_(); },
                 .retire = nullptr},
      next_session_id_(options_.first_session_id) {
  resources_.retire = [this](session::Session& session) {
    // The last session takes the place of the one that goes.
    const size_t slot = session.slot;
    retired_.push_back(std::move(sessions_[slot]));
    if (slot + 1 != sessions_.size()) {
      sessions_[slot] = std::move(sessions_.back());
      sessions_[slot]->slot = slot;
    }
    sessions_.pop_back();
    resources_.counters.sessions_active.Subtract();
    options_.loads.Remove(options_.index);
    if (accepting_paused_) ResumeAccepting();
  };
  loop_->SetAfterEvents([this] { FreeRetired(); });
}

Worker::~Worker() { CHECK(!thread_.joinable(), "worker ", options_.index, " still runs"); }

void Worker::SetPeers(std::vector<Worker*> peers) { peers_ = std::move(peers); }

void Worker::SetSnapshot(session::ServingSnapshotPtr snapshot) {
  resources_.snapshot = std::move(snapshot);
}

absl::Status Worker::AddListeningSocket(UniqueFd socket, policy::ServedListenerPtr listener) {
  net::Acceptor::Callbacks callbacks{
      .may_accept =
          [this] {
            if (!options_.loads.AtDescriptorLimit()) return true;
            PauseAccepting();
            return false;
          },
      .on_accept =
          [this, listener](UniqueFd fd, const config::SocketAddress& peer) {
            OnAccept(listener, std::move(fd), peer);
          },
      .on_exhausted =
          [this](int error_number) {
            LOG(kWarning, kConnHandler, "cannot accept, pausing",
                {"error", std::generic_category().message(error_number)});
            PauseAccepting();
          }};
  ASSIGN_OR_RETURN(std::unique_ptr<net::Acceptor> acceptor,
                   net::Acceptor::Create(*loop_, std::move(socket), std::move(callbacks)));
  listening_.push_back({.listener = std::move(listener), .acceptor = std::move(acceptor)});
  return absl::OkStatus();
}

void Worker::Start() {
  sweep_timer_ = event::Timer(*loop_, [this] { Sweep(); });
  sweep_timer_.Start(limits::kSweepInterval);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), absl::StrCat("worker-", options_.index).c_str());
    loop_->Run();
  });
}

bool Worker::Post(event::Mailbox::Task task) { return mailbox_->Post(std::move(task)); }

void Worker::OnAccept(const policy::ServedListenerPtr& listener, UniqueFd fd,
                      const config::SocketAddress& peer) {
  if (options_.loads.AtSessionLimit()) {
    resources_.counters.session_limit_refused.Add();
    resources_.snapshot->listener_parts.at(listener.get())
        .counters->at(options_.index)
        .downstream_cx_overflow.Add();
    net::SetResetOnClose(fd.get());
    return;
  }
  const size_t chosen = options_.loads.Assign(options_.index);
  session::Accepted accepted{.fd = std::move(fd), .peer = peer, .listener = listener};
  if (chosen == options_.index) {
    StartSession(std::move(accepted));
    return;
  }
  // Before anything is read: the other worker finds the connection as it came.
  resources_.counters.sessions_handed_over.Add();
  Worker* other = peers_[chosen];
  const bool posted = other->Post(
      [other, handed = std::move(accepted)]() mutable { other->StartSession(std::move(handed)); });
  if (!posted) {
    // Its loop hangs. The connection went with the task.
    options_.loads.Remove(chosen);
    LOG(kError, kConnHandler, "a worker's mailbox is full", {"worker", chosen});
  }
}

void Worker::StartSession(session::Accepted accepted) {
  auto session = std::make_unique<session::Session>(resources_, std::move(accepted.fd),
                                                    accepted.peer, next_session_id_);
  next_session_id_ += options_.session_id_step;
  resources_.counters.sessions_total.Add();
  resources_.counters.sessions_active.Add();
  session->slot = sessions_.size();
  session::Session& started = *session;
  sessions_.push_back(std::move(session));
  started.Start(*accepted.listener);
}

// Descriptors are used up: connections wait in the backlog until a session of this worker ends, or
// for a moment (sessions of other workers count too).
void Worker::PauseAccepting() {
  resources_.counters.accept_pauses.Add();
  accepting_paused_ = true;
  for (Listening& one : listening_) one.acceptor->Pause();
  if (!resume_timer_) resume_timer_ = event::Timer(*loop_, [this] { ResumeAccepting(); });
  resume_timer_.Start(limits::kAcceptPause);
}

void Worker::ResumeAccepting() {
  accepting_paused_ = false;
  for (Listening& one : listening_) one.acceptor->Resume();
}

void Worker::FreeRetired() { retired_.clear(); }

// Names sessions that have been idle for long, once each: there is no idle timeout unless
// configured, so a leak in an application would otherwise stay unseen.
void Worker::Sweep() {
  const uint64_t now = loop_->now_ms();
  const auto notice =
      static_cast<uint64_t>(std::chrono::milliseconds(limits::kIdleNoticeAfter).count());
  const auto interval = static_cast<uint64_t>(limits::kSweepInterval.count());
  for (const auto& session : sessions_) {
    const uint64_t idle = now - session->last_activity_ms();
    // Once: within the first sweep after the notice is due.
    if (idle < notice || idle >= notice + interval) continue;
    resources_.counters.sessions_idle_noticed.Add();
    const observe::SessionRecord record = session->Describe();
    LOG(kInfo, kConnection, "session idle for an hour", {"id", record.connection_id},
        {"peer", record.downstream_remote.Format()},
        {"destination", record.downstream_local.Format()}, {"cluster", record.cluster});
  }
  sweep_timer_.Start(limits::kSweepInterval);
}

void Worker::StopAccepting(bool inbound_only) {
  for (Listening& one : listening_) {
    const bool inbound =
        one.listener->listener->traffic_direction == config::TrafficDirection::kInbound;
    if (inbound_only && !inbound) continue;
    one.acceptor->DrainAndClose();
  }
}

void Worker::VisitSessions(SessionVisitor visitor) const {
  for (const auto& session : sessions_) visitor(*session);
}

void Worker::TerminateAll() {
  while (!sessions_.empty()) {
    sessions_.back()->Terminate({.who = session::Who::kAdmin, .flag = session::Flag::kShutdown});
  }
}

void Worker::StopAndJoin() {
  if (thread_.joinable()) {
    // A full mailbox here means a loop that hangs; waiting for it would hang us too.
    CHECK(Post([this] {
      listening_.clear();
      TerminateAll();
      loop_->Stop();
    }));
    thread_.join();
  }
  listening_.clear();
  retired_.clear();
}

}  // namespace outrigger::server

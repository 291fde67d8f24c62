// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/server.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"
#include "proxy/observe/access_log.h"
#include "proxy/server/application_sockets.h"
#include "proxy/server/cpu_count.h"
#include "proxy/server/process_limits.h"
#include "proxy/server/snapshot_publisher.h"

namespace outrigger::server {
namespace {

// What a log reader that has stopped reading may cost the exit.
constexpr std::chrono::milliseconds kLogFlushMax{1000};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(
    RunOptions options, xds::LoadedBootstrap loaded,
    std::chrono::steady_clock::time_point started) {
  const size_t workers = options.concurrency == 0 ? AllowedCpus() : options.concurrency;
  const WorkerLoads::Limits limits =
      SessionLimits(options.sessions_max, RaiseDescriptorLimit(), workers);
  std::unique_ptr<Server> server(
      new Server(std::move(options), std::move(loaded), workers, limits));
  RETURN_IF_ERROR(server->Start(started));
  return server;
}

Server::Server(RunOptions options, xds::LoadedBootstrap loaded, size_t workers,
               WorkerLoads::Limits limits)
    : options_(std::move(options)),
      bootstrap_(std::move(loaded.bootstrap)),
      config_warnings_(loaded.warnings.size()),
      worker_count_(workers),
      stats_(workers),
      endpoint_states_(std::random_device()()),
      loads_(workers, limits) {}

Server::~Server() {
  for (const auto& worker : workers_) worker->StopAndJoin();
}

absl::Status Server::Start(std::chrono::steady_clock::time_point started) {
  // splice and libraries raise it for a peer that is gone; the error number is enough.
  signal(SIGPIPE, SIG_IGN);
  ASSIGN_OR_RETURN(loop_, event::Loop::Create());
  ASSIGN_OR_RETURN(mailbox_, event::Mailbox::Create(*loop_));
  RETURN_IF_ERROR(OpenAccessLogs());
  ASSIGN_OR_RETURN(listening_,
                   BindListeners(bootstrap_.static_resources->listeners, worker_count_));
  RETURN_IF_ERROR(OpenAdmin());
  RETURN_IF_ERROR(Publish());
  RETURN_IF_ERROR(CreateWorkers());
  RETURN_IF_ERROR(WatchSignals());
  for (const auto& worker : workers_) worker->Start();
  initialization_time_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  RegisterAdmin(started);
  LOG(kInfo, kMain, "listening", {"ms", initialization_time_.count()}, {"on", ListeningOn()},
      {"workers", worker_count_}, {"as", is_sidecar() ? "sidecar" : "standalone"},
      {"sessions_max",
       std::min(loads_.limits().sessions, loads_.limits().sessions_by_descriptors)});
  return absl::OkStatus();
}

absl::Status Server::OpenAccessLogs() {
  const auto open = [this](const std::vector<config::AccessLogPtr>& logs) -> absl::Status {
    for (const config::AccessLogPtr& log : logs) RETURN_IF_ERROR(access_logs_.Open(log->path));
    return absl::OkStatus();
  };
  for (const config::ListenerPtr& listener : bootstrap_.static_resources->listeners) {
    RETURN_IF_ERROR(open(listener->access_logs));
    for (const config::FilterChainPtr& chain : listener->filter_chains) {
      RETURN_IF_ERROR(open(chain->tcp_proxy.access_logs));
    }
    if (listener->default_filter_chain != nullptr) {
      RETURN_IF_ERROR(open(listener->default_filter_chain->tcp_proxy.access_logs));
    }
  }
  return absl::OkStatus();
}

absl::Status Server::OpenAdmin() {
  collector_ = std::make_unique<ConnectionCollector>(*loop_, *mailbox_);
  if (!bootstrap_.admin_address.has_value()) return absl::OkStatus();
  auto admin = AdminPort::Create(*loop_, *bootstrap_.admin_address);
  if (!admin.ok()) {
    return absl::Status(admin.status().code(), absl::StrCat("admin: ", admin.status().message()));
  }
  admin_ = *std::move(admin);
  return absl::OkStatus();
}

absl::Status Server::Publish() {
  absl::flat_hash_set<uint16_t> own_ports;
  for (const ListeningAddress& address : listening_) own_ports.insert(address.address.port());
  if (admin_ != nullptr) own_ports.insert(admin_->address().port());
  ASSIGN_OR_RETURN(snapshot_, BuildServingSnapshot(bootstrap_.static_resources,
                                                   std::move(own_ports), endpoint_states_, stats_));
  return absl::OkStatus();
}

absl::Status Server::CreateWorkers() {
  const std::string hostname = observe::ReadHostname();
  std::vector<Worker*> peers;
  for (size_t index = 0; index < worker_count_; ++index) {
    ASSIGN_OR_RETURN(std::unique_ptr<Worker> worker,
                     Worker::Create({.index = index,
                                     .loads = loads_,
                                     .dials = dials_,
                                     .stats = stats_,
                                     .access_logs = access_logs_,
                                     .hostname = hostname,
                                     .first_session_id = index + 1,
                                     .session_id_step = worker_count_}));
    worker->SetSnapshot(snapshot_);
    peers.push_back(worker.get());
    workers_.push_back(std::move(worker));
  }
  for (Worker* worker : peers) worker->SetPeers(peers);
  RETURN_IF_ERROR(StartListening(listening_));
  for (ListeningAddress& address : listening_) {
    const auto& listeners = snapshot_->listeners.listeners();
    const auto served = std::find_if(listeners.begin(), listeners.end(), [&](const auto& one) {
      return one->listener == address.listener;
    });
    for (size_t index = 0; index < worker_count_; ++index) {
      RETURN_IF_ERROR(peers[index]->AddListeningSocket(std::move(address.sockets[index]), *served));
    }
    address.sockets.clear();
  }
  return absl::OkStatus();
}

absl::Status Server::WatchSignals() {
  drainer_ = std::make_unique<Drainer>(
      *loop_, DrainOptions(),
      Drainer::Callbacks{
          .stop_accepting = [this] { StopAccepting(/*inbound_only=*/false); },
          .sessions = [this] { return loads_.sessions(); },
          .application_is_there =
              [this] { return OthersHaveTcpSockets(geteuid(), options_.termination_ignored_uids); },
          .exit = [this] { loop_->Stop(); }});
  const auto watch = [this](int number, absl::AnyInvocable<void()> callback) -> absl::Status {
    ASSIGN_OR_RETURN(event::SignalWatcher watcher,
                     event::SignalWatcher::Create(*loop_, number, std::move(callback)));
    signals_.push_back(std::move(watcher));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(watch(SIGTERM, [this] { drainer_->OnSignal(); }));
  RETURN_IF_ERROR(watch(SIGINT, [this] { drainer_->OnSignal(); }));
  return watch(SIGHUP, [this] {
    LOG(kInfo, kMain, "opening log files anew");
    access_logs_.Reopen();
  });
}

void Server::Run() {
  loop_->Run();
  for (const auto& worker : workers_) worker->StopAndJoin();
  access_logs_.Stop(kLogFlushMax);
}

void Server::StopAccepting(bool inbound_only) {
  for (const auto& worker : workers_) {
    if (!worker->Post([raw = worker.get(), inbound_only] { raw->StopAccepting(inbound_only); })) {
      LOG(kError, kMain, "a worker does not take orders");
    }
  }
}

bool Server::is_sidecar() const {
  if (options_.run_as != RunOptions::RunAs::kAuto) {
    return options_.run_as == RunOptions::RunAs::kSidecar;
  }
  const auto& listeners = bootstrap_.static_resources->listeners;
  return std::any_of(listeners.begin(), listeners.end(), [](const config::ListenerPtr& listener) {
    return listener->use_original_dst || listener->original_dst_filter;
  });
}

Drainer::Options Server::DrainOptions() const {
  Termination termination = is_sidecar() ? Termination::kApplication : Termination::kSessions;
  switch (options_.termination) {
    case RunOptions::TerminationMode::kAuto:
      break;
    case RunOptions::TerminationMode::kApplication:
      termination = Termination::kApplication;
      break;
    case RunOptions::TerminationMode::kIstio:
      termination = Termination::kIstio;
      break;
    case RunOptions::TerminationMode::kSessions:
      termination = Termination::kSessions;
      break;
  }
  return {.termination = termination,
          .drain_time = options_.drain_time,
          .limit = options_.termination_limit};
}

std::string Server::ListeningOn() const {
  std::string text =
      absl::StrJoin(listening_, ",", [](std::string* out, const ListeningAddress& address) {
        absl::StrAppend(out, address.address.Format());
      });
  if (admin_ != nullptr) absl::StrAppend(&text, " admin ", admin_->address().Format());
  return text;
}

}  // namespace outrigger::server

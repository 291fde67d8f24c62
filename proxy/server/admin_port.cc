// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/admin_port.h"

#include <iterator>
#include <string>
#include <utility>

#include "proxy/base/limits.h"
#include "proxy/base/status_macros.h"

namespace outrigger::server {
namespace {

admin::RelayMode ModeOf(const session::Pump& pump) {
  return pump.splicing() ? admin::RelayMode::kSplice : admin::RelayMode::kCopy;
}

// On the worker's thread.
admin::ConnectionRow RowOf(const session::Session& session, size_t worker) {
  const observe::SessionRecord record = session.Describe();
  admin::ConnectionRow row{.id = record.connection_id,
                           .worker = worker,
                           .age = record.duration,
                           .state = session.relay() == nullptr ? "connect" : "relay",
                           .downstream = record.downstream_remote,
                           .listener = std::string(record.listener),
                           .filter_chain = std::string(record.filter_chain),
                           .cluster = std::string(record.cluster),
                           .upstream = record.upstream_host,
                           .upstream_local = record.upstream_local,
                           .bytes_received = record.bytes_received,
                           .bytes_sent = record.bytes_sent};
  if (record.downstream_local != record.downstream_direct_local) {
    row.original_destination = record.downstream_local;
  }
  if (session.relay() == nullptr) return row;
  const session::Pump& to_upstream = session.relay()->from(session::Side::kDownstream);
  const session::Pump& to_downstream = session.relay()->from(session::Side::kUpstream);
  row.to_upstream = ModeOf(to_upstream);
  row.to_downstream = ModeOf(to_downstream);
  row.downstream_paused = to_upstream.wants_write();
  row.upstream_paused = to_downstream.wants_write();
  row.downstream_ended = to_upstream.source_done();
  row.upstream_ended = to_downstream.source_done();
  return row;
}

admin::ConnectionList RowsOf(const Worker& worker) {
  admin::ConnectionList list;
  worker.VisitSessions([&](const session::Session& session) {
    if (list.rows.size() < limits::kConnectionsListedMax) {
      list.rows.push_back(RowOf(session, worker.index()));
    } else {
      ++list.left_out;
    }
  });
  return list;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminPort>> AdminPort::Create(event::Loop& loop,
                                                             const config::SocketAddress& address) {
  ASSIGN_OR_RETURN(std::unique_ptr<admin::HttpServer> server, admin::HttpServer::Create(address));
  std::unique_ptr<AdminPort> port(new AdminPort(std::move(server)));
  ASSIGN_OR_RETURN(
      port->watcher_,
      event::FdWatcher::Create(loop, port->server_->epoll_fd(),
                               event::FdWatcher::Callback::To<&AdminPort::OnReady>(port.get())));
  port->watcher_.Watch(event::kReadable);
  return port;
}

void AdminPort::OnReady(event::Readiness /*readiness*/) { server_->Run(); }

AdminPort::AdminPort(std::unique_ptr<admin::HttpServer> server) : server_(std::move(server)) {}

void ConnectionCollector::Collect(const std::vector<Worker*>& workers, Done done) {
  const uint64_t id = next_id_++;
  auto request = std::make_unique<Request>();
  request->silent = workers.size();
  request->done = std::move(done);
  request->deadline = event::Timer(loop_, [this, id] { Conclude(id); });
  request->deadline.Start(limits::kWorkerAnswerMax);
  requests_.emplace(id, std::move(request));
  for (Worker* worker : workers) {
    // A mailbox that is full, ours or the worker's, leaves that worker silent.
    worker->Post([this, worker, id] {
      mailbox_.Post([this, id, rows = RowsOf(*worker)]() mutable { Add(id, std::move(rows)); });
    });
  }
}

void ConnectionCollector::Add(uint64_t id, admin::ConnectionList part) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  Request& request = *found->second;
  request.list.left_out += part.left_out;
  std::move(part.rows.begin(), part.rows.end(), std::back_inserter(request.list.rows));
  if (--request.silent == 0) Conclude(id);
}

void ConnectionCollector::Conclude(uint64_t id) {
  const std::unique_ptr<Request> request = std::move(requests_.extract(id).mapped());
  request->list.workers_silent = request->silent;
  request->done(std::move(request->list));
}

}  // namespace outrigger::server

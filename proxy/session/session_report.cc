// SPDX-License-Identifier: Apache-2.0
//
// What a session leaves behind: numbers, a line in the access log, a row in /connections.
#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "proxy/base/log.h"
#include "proxy/net/socket.h"
#include "proxy/observe/access_log.h"
#include "proxy/session/session.h"

namespace outrigger::session {

void Session::CountEnd(const CloseReason& reason) {
  LeaveListener();
  if (relay_ != nullptr) {
    observe::ClusterCounters& cluster = cluster_->counters(resources_.worker);
    cluster.upstream_cx_active.Subtract();
    cluster.upstream_cx_destroy.Add();
  }
  LOG(kDebug, kConnection, "session ended", {"id", id_}, {"reason", FormatCloseReason(reason)},
      {"peer", peer_.Format()}, {"destination", destination_.Format()}, {"cluster", ClusterName()});
}

observe::SessionRecord Session::Describe() const {
  observe::SessionRecord record;
  record.connection_id = id_;
  record.start_time = start_time_;
  record.duration = std::chrono::milliseconds(resources_.loop.now_ms() - started_ms_);
  record.downstream_remote = peer_;
  record.downstream_local = destination_;
  record.listener = listener_->name;
  record.cluster = ClusterName();
  record.downstream_direct_local = destination_;
  if (const auto local = net::LocalAddress(downstream_.transport->descriptor()); local.ok()) {
    record.downstream_direct_local = *local;
  }
  if (chain_ != nullptr) record.filter_chain = chain_->chain->name;
  if (has_upstream_) record.upstream_host = upstream_host_;
  if (relay_ != nullptr) {
    record.bytes_received = relay_->from(Side::kDownstream).bytes();
    record.bytes_sent = relay_->from(Side::kUpstream).bytes();
    record.connect_duration = std::chrono::milliseconds(connect_ms_);
    if (const auto local = net::LocalAddress(upstream_.transport->descriptor()); local.ok()) {
      record.upstream_local = *local;
    }
  }
  // A timeout has no reason of its own in Envoy's lines.
  if (connect_error_ != 0 && connect_error_ != ETIMEDOUT) {
    record.upstream_transport_failure_reason = absl::StrReplaceAll(
        absl::StrCat(connect_failed_at_once_ ? "immediate" : "delayed", "_connect_error:_",
                     std::generic_category().message(connect_error_)),
        {{" ", "_"}});
  }
  return record;
}

void Session::WriteAccessLogs(const CloseReason& reason) {
  const bool has_chain_logs = chain_ != nullptr && !chain_->chain->tcp_proxy.access_logs.empty();
  if (!has_chain_logs && listener_->access_logs.empty()) return;
  observe::SessionRecord record = Describe();
  record.response_flags = ResponseFlags(reason.flag);
  record.response_code_details = ResponseCodeDetails(reason.flag);
  record.close_reason = FormatCloseReason(reason);
  const auto write = [&](const std::vector<config::AccessLogPtr>& logs) {
    for (const config::AccessLogPtr& log : logs) {
      if (!observe::WantsLine(*log, record)) continue;
      if (!resources_.access_logs.Write(log->path,
                                        observe::FormatLine(*log, record, resources_.hostname))) {
        resources_.counters.access_log_dropped_lines.Add();
      }
    }
  };
  if (has_chain_logs) write(chain_->chain->tcp_proxy.access_logs);
  write(listener_->access_logs);
}

}  // namespace outrigger::session

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"

#include "config/listener.h"
#include "config/socket_address.h"
#include "proxy/base/unique_fd.h"
#include "proxy/event/loop.h"
#include "proxy/event/timer.h"
#include "proxy/observe/access_log_writer.h"
#include "proxy/observe/counters.h"
#include "proxy/observe/session_record.h"
#include "proxy/session/close_reason.h"
#include "proxy/session/relay.h"
#include "proxy/session/serving_snapshot.h"
#include "proxy/upstream/connector.h"
#include "proxy/upstream/dial_registry.h"
#include "proxy/upstream/endpoint_state.h"

namespace outrigger::session {

class Session;

// What the sessions of one worker share. Owned by the worker, outlives them.
struct SessionResources {
  event::Loop& loop;
  PumpResources pumps;
  upstream::DialRegistry& dials;
  observe::AccessLogWriter& access_logs;
  observe::WorkerCounters& counters;
  size_t worker = 0;            // which copy of a PerWorker block is ours
  std::string hostname;         // for %HOSTNAME%
  ServingSnapshotPtr snapshot;  // the newest; replaced between events, never during one
  absl::AnyInvocable<uint64_t()> random_bits;
  // When the next warning about a misconfigured pod may be logged: one such pod makes thousands of
  // connections a second that all deserve it.
  uint64_t next_warning_ms = 0;
  // Asked for by a session that has finished: free it once the current event is over.
  absl::AnyInvocable<void(Session&)> retire;
};

// A connection as the acceptor hands it on.
struct Accepted {
  UniqueFd fd;
  config::SocketAddress peer;
  policy::ServedListenerPtr listener;  // that accepted it
};

// One proxied connection from accept to close. Belongs to one worker from construction on. The
// functions that tell its life stand in session.cc in the order in which a connection lives through
// them; every one ends by calling the next, or Finish.
class Session {
 public:
  Session(SessionResources& resources, UniqueFd fd, const config::SocketAddress& peer, uint64_t id);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Begins with the listener that accepted the connection. May be finished, and have asked to be
  // retired, when this returns.
  void Start(const policy::ServedListener& accepted_by);
  // Ends a session that is not finished: both sides are reset.
  void Terminate(CloseReason reason);

  bool finished() const { return finished_; }
  // Where the worker keeps this session.
  size_t slot = 0;

  // For /connections and the idle notice.
  uint64_t id() const { return id_; }
  uint64_t started_ms() const { return started_ms_; }
  uint64_t last_activity_ms() const {
    return relay_ == nullptr ? started_ms_ : relay_->last_activity_ms();
  }
  const Relay* relay() const { return relay_.get(); }
  // What is known so far. Reads addresses from the kernel.
  observe::SessionRecord Describe() const;

 private:
  // A connection until its chain is chosen, which is within one call of Start.
  struct Arrival {
    const policy::ServedListener* listener;
    policy::ConnectionFacts facts;
  };

  // The phases, in order. False: the session has finished.
  bool ReadFacts(Arrival& arrival);
  void HandOff(Arrival& arrival);
  bool CheckLoops(const policy::ConnectionFacts& facts);
  void MatchChain(const Arrival& arrival);
  void Decide(const policy::ConnectionFacts& facts);
  void Connect(std::optional<config::SocketAddress> source);
  void OnConnected(upstream::Connector::Result result);
  void StartRelay();
  void OnRelayEnd(Relay::Result result);
  void Finish(CloseReason reason);

  void EnterListener(const policy::ServedListener& listener);
  void LeaveListener();
  bool Refuse(Who who, Phase phase, Flag flag);
  void OnConnectFailed(const upstream::Connector::Result& result);
  void OnDownstreamReady(event::Readiness readiness);
  void OnUpstreamReady(event::Readiness readiness);
  bool MayWarn();
  void ReportLoop(const config::SocketAddress& destination);
  void CountEnd(const CloseReason& reason);
  void WriteAccessLogs(const CloseReason& reason);
  absl::string_view ClusterName() const;
  Phase PhaseNow() const;

  SessionResources& resources_;
  const uint64_t id_;
  const std::chrono::system_clock::time_point start_time_;
  const uint64_t started_ms_;
  uint32_t connect_ms_ = 0;  // from accept to connected
  int connect_error_ = 0;    // why connecting failed

  config::SocketAddress peer_;
  config::SocketAddress destination_;  // the original one where there was one, else our own address
  config::SocketAddress upstream_host_;
  bool restored_ = false;
  bool has_upstream_ = false;  // an endpoint was chosen
  bool finished_ = false;
  bool connect_failed_at_once_ = false;
  uint32_t cluster_position_ = 0;  // in the chain's list of weighted clusters

  config::ListenerPtr listener_;
  observe::ListenerCounters* listener_counters_ =
      nullptr;  // owned by the StatsStore, which never drops a block
  std::shared_ptr<const ServedChain> chain_;
  upstream::UpstreamClusterPtr cluster_;
  upstream::ActiveConnection endpoint_connection_;

  upstream::DialRegistry::Handle accept_entry_;
  upstream::DialRegistry::Handle dial_entry_;
  Leg downstream_;
  Leg upstream_;
  std::unique_ptr<upstream::Connector> connector_;
  std::unique_ptr<Relay> relay_;
  event::Timer duration_timer_;  // only with max_downstream_connection_duration
};

}  // namespace outrigger::session

// SPDX-License-Identifier: Apache-2.0
//
// The life of a connection, in order: facts, hand-off, loop guards, chain, cluster and endpoint,
// connect, relay, finish. Before the upstream is connected every end is a RST: the client learns
// that nothing was served.
#include "proxy/session/session.h"

#include <unistd.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/net/original_destination.h"
#include "proxy/net/socket.h"
#include "proxy/net/socket_options.h"

namespace outrigger::session {

Session::Session(SessionResources& resources, UniqueFd fd, const config::SocketAddress& peer,
                 uint64_t id)
    : resources_(resources),
      id_(id),
      start_time_(std::chrono::system_clock::now()),
      started_ms_(resources.loop.now_ms()),
      peer_(peer) {
  downstream_.transport.emplace(std::move(fd));
}

Session::~Session() = default;

void Session::Start(const policy::ServedListener& accepted_by) {
  Arrival arrival{.listener = &accepted_by, .facts = {}};
  EnterListener(accepted_by);
  if (!ReadFacts(arrival)) return;
  HandOff(arrival);
  if (!CheckLoops(arrival.facts)) return;
  MatchChain(arrival);
}

// The peer, our own address, and where the connection was going before a rule redirected it here.
bool Session::ReadFacts(Arrival& arrival) {
  const int fd = downstream_.transport->descriptor();
  const auto local = net::LocalAddress(fd);
  // Reset between accept and here: there is nobody left to serve.
  if (!local.ok()) return Refuse(Who::kDownstream, Phase::kStart, Flag::kReset);
  arrival.facts.peer = policy::PeerAddress(peer_);
  arrival.facts.local = policy::LocalAddress(*local);
  destination_ = *local;
  if (!listener_->use_original_dst && !listener_->original_dst_filter) return true;
  const auto original = net::OriginalDestination(fd, local->ip().family());
  // Connection tracking answers for connections that came here directly, too: then with our own
  // address.
  if (original.ok() && *original != *local) {
    arrival.facts.original_destination = policy::OriginalDestination(*original);
    destination_ = *original;
    restored_ = true;
  } else if (!original.ok()) {
    resources_.counters.original_destination_unknown.Add();
    if (MayWarn()) {
      LOG(kWarning, kConnHandler, "original destination unknown", {"peer", peer_.Format()},
          {"listener", listener_->name}, {"error", original.status().message()});
    }
  }
  return true;
}

// `use_original_dst`: the connection belongs to the listener of the address it was going to, if
// there is one. Once only.
void Session::HandOff(Arrival& arrival) {
  if (listener_->use_original_dst && restored_) {
    const policy::ServedListener* found =
        resources_.snapshot->listeners.Find(*arrival.facts.original_destination).get();
    if (found != nullptr && found != arrival.listener) {
      LeaveListener();
      arrival.listener = found;
      EnterListener(*found);
      if (listener_->tcp_keepalive.has_value()) {
        net::SetProxiedSocketOptions(downstream_.transport->descriptor(),
                                     *listener_->tcp_keepalive);
      }
    }
  }
  arrival.facts.direction = listener_->traffic_direction;
}

// Two ways to dial ourselves without end: a redirected connection that was aimed at a listening
// port of ours, and a dial of ours that the rules redirect back because we run under a uid that
// they do not exempt.
bool Session::CheckLoops(const policy::ConnectionFacts& facts) {
  const bool redirecting =
      listener_->use_original_dst || listener_->original_dst_filter || restored_;
  if (redirecting && resources_.snapshot->own_ports.contains(destination_.port()) &&
      net::IsLocalAddress(destination_.ip())) {
    resources_.counters.loop_refused.Add();
    return Refuse(Who::kProxy, Phase::kStart, Flag::kOwnPort);
  }
  // Only what OUTPUT redirects arrives on a loopback address; from outside it is the pod's.
  if (!restored_ || !facts.local.ip().IsLoopback()) return true;
  bool came_back = false;
  accept_entry_ = resources_.dials.RegisterAccept(peer_, destination_, facts.direction, came_back);
  if (!came_back) return true;
  ReportLoop(destination_);
  return Refuse(Who::kProxy, Phase::kStart, Flag::kLoop);
}

void Session::MatchChain(const Arrival& arrival) {
  const policy::FilterChainMatcher& matcher = arrival.listener->matcher;
  const config::FilterChainPtr* match = matcher.Match(arrival.facts);
  if (match == nullptr) {
    listener_counters_->no_filter_chain_match.Add();
    Refuse(Who::kProxy, Phase::kMatch, Flag::kNoFilterChain);
    return;
  }
  // From here on the session holds its own parts and pins no snapshot.
  chain_ =
      resources_.snapshot->listener_parts.at(arrival.listener).chains[matcher.PositionOf(match)];
  chain_->counters->at(resources_.worker).downstream_cx_total.Add();
  Decide(arrival.facts);
}

// Cluster and endpoint. Everything is chosen when this is over.
void Session::Decide(const policy::ConnectionFacts& facts) {
  cluster_position_ = static_cast<uint32_t>(chain_->route.PickCluster(resources_.random_bits()));
  const auto found = resources_.snapshot->clusters.find(ClusterName());
  if (found == resources_.snapshot->clusters.end()) {
    chain_->counters->at(resources_.worker).downstream_cx_no_route.Add();
    Refuse(Who::kProxy, Phase::kDecide, Flag::kNoCluster);
    return;
  }
  cluster_ = found->second;
  upstream::UpstreamCluster::Choice choice =
      cluster_->Pick(resources_.random_bits(), facts.original_destination);
  if (!choice.endpoint.has_value()) {
    cluster_->counters(resources_.worker).upstream_cx_none_healthy.Add();
    Refuse(Who::kProxy, Phase::kDecide, Flag::kNoHealthyUpstream);
    return;
  }
  upstream_host_ = *choice.endpoint;
  endpoint_connection_ = upstream::ActiveConnection(std::move(choice.state));
  has_upstream_ = true;
  const config::UpstreamBind& bind = cluster_->config().bind;
  Connect(upstream_host_.ip().is_ipv4() ? bind.ipv4 : bind.ipv6);
}

void Session::Connect(std::optional<config::SocketAddress> source) {
  const config::Cluster& cluster = cluster_->config();
  connector_ = std::make_unique<upstream::Connector>(
      resources_.loop,
      upstream::Connector::Options{
          .destination = upstream_host_,
          .source = source,
          .timeout = cluster.connect_timeout,
          .keepalive = cluster.tcp_keepalive.value_or(config::TcpKeepalive{})},
      [this](upstream::Connector::Result result) { OnConnected(std::move(result)); });
  cluster_->counters(resources_.worker).upstream_cx_total.Add();
  const upstream::Connector::Result started = connector_->Start();
  if (started.failure != upstream::Connector::Failure::kNone) {
    OnConnectFailed(started);
    return;
  }
  // A dial from a loopback address stays on loopback, and is not redirected. The others cost an
  // entry each.
  const bool may_come_back = resources_.snapshot->uses_original_destination && !source.has_value();
  if (may_come_back && connector_->local_address().has_value()) {
    bool came_back = false;
    dial_entry_ = resources_.dials.RegisterDial(*connector_->local_address(), upstream_host_,
                                                listener_->traffic_direction, came_back);
    if (came_back) {
      ReportLoop(upstream_host_);
      Refuse(Who::kProxy, Phase::kConnect, Flag::kLoop);
      return;
    }
  }
  // Nothing is read before the upstream is there, but a client that goes away must be noticed.
  auto watcher =
      event::FdWatcher::Create(resources_.loop, downstream_.transport->descriptor(),
                               event::FdWatcher::Callback::To<&Session::OnDownstreamReady>(this));
  if (!watcher.ok()) {
    Refuse(Who::kProxy, Phase::kConnect, Flag::kDescriptors);
    return;
  }
  downstream_.watcher = *std::move(watcher);
  downstream_.watcher.Watch(event::kErrors);
}

void Session::OnConnected(upstream::Connector::Result result) {
  if (result.failure != upstream::Connector::Failure::kNone) {
    OnConnectFailed(result);
    return;
  }
  connect_ms_ = static_cast<uint32_t>(resources_.loop.now_ms() - started_ms_);
  upstream_.transport.emplace(std::move(result.fd));
  upstream_.watcher = std::move(result.watcher);
  upstream_.watcher.SetCallback(event::FdWatcher::Callback::To<&Session::OnUpstreamReady>(this));
  cluster_->counters(resources_.worker).upstream_cx_active.Add();
  connector_.reset();
  StartRelay();
}

void Session::StartRelay() {
  const config::TcpProxy& tcp_proxy = chain_->chain->tcp_proxy;
  if (tcp_proxy.max_downstream_connection_duration.has_value()) {
    duration_timer_ = event::Timer(resources_.loop, [this] {
      chain_->counters->at(resources_.worker).max_downstream_connection_duration.Add();
      Finish({Who::kProxy, Phase::kRelay, Flag::kDurationExceeded});
    });
    // Counted from the accept, as Envoy does.
    const std::chrono::milliseconds spent(resources_.loop.now_ms() - started_ms_);
    duration_timer_.Start(*tcp_proxy.max_downstream_connection_duration - spent);
  }
  relay_ = std::make_unique<Relay>(
      downstream_, upstream_, resources_.pumps,
      Relay::Options{.idle_timeout = tcp_proxy.idle_timeout.value_or(std::chrono::milliseconds(0)),
                     .tcp_counters = chain_->counters->at(resources_.worker),
                     .cluster_counters = cluster_->counters(resources_.worker)},
      Delegate<void(Relay::Result)>::To<&Session::OnRelayEnd>(this));
  relay_->Start();
}

void Session::OnRelayEnd(Relay::Result result) {
  const Who who = result.side == Side::kDownstream ? Who::kDownstream : Who::kUpstream;
  switch (result.kind) {
    case Relay::Result::Kind::kFinished:
      Finish({who, Phase::kRelay, Flag::kNone});
      return;
    case Relay::Result::Kind::kReset:
      Finish({who, Phase::kRelay, Flag::kReset});
      return;
    case Relay::Result::Kind::kIdleTimeout:
      chain_->counters->at(resources_.worker).idle_timeout.Add();
      Finish({Who::kProxy, Phase::kRelay, Flag::kIdleTimeout});
      return;
  }
}

// The only exit. Only an end that both sides brought about themselves is passed on as one; all
// others are resets, for a FIN would tell a peer that its stream was complete.
void Session::Finish(CloseReason reason) {
  CHECK(!finished_, "session ", id_);
  finished_ = true;
  WriteAccessLogs(reason);
  CountEnd(reason);
  // Before the sockets: once they are closed the kernel may give their addresses to other
  // connections.
  accept_entry_.Reset();
  dial_entry_.Reset();
  connector_.reset();
  duration_timer_ = event::Timer();
  downstream_.watcher = event::FdWatcher();
  upstream_.watcher = event::FdWatcher();
  for (Leg* leg : {&downstream_, &upstream_}) {
    if (!leg->transport.has_value()) continue;
    if (reason.flag == Flag::kNone) {
      leg->transport->Close();
    } else {
      leg->transport->Abort();
    }
  }
  endpoint_connection_.Reset();
  resources_.retire(*this);
}

void Session::Terminate(CloseReason reason) {
  reason.phase = PhaseNow();
  Finish(reason);
}

void Session::EnterListener(const policy::ServedListener& listener) {
  listener_ = listener.listener;
  listener_counters_ =
      &resources_.snapshot->listener_parts.at(&listener).counters->at(resources_.worker);
  listener_counters_->downstream_cx_total.Add();
  listener_counters_->downstream_cx_active.Add();
}

void Session::LeaveListener() {
  listener_counters_->downstream_cx_active.Subtract();
  listener_counters_->downstream_cx_destroy.Add();
}

bool Session::Refuse(Who who, Phase phase, Flag flag) {
  Finish({who, phase, flag});
  return false;
}

void Session::OnConnectFailed(const upstream::Connector::Result& result) {
  observe::ClusterCounters& counters = cluster_->counters(resources_.worker);
  counters.upstream_cx_connect_fail.Add();
  counters.upstream_cx_connect_attempts_exceeded.Add();
  endpoint_connection_.RecordConnectFailure();
  connect_error_ = result.error_number;
  connect_failed_at_once_ = result.immediate;
  Flag flag = Flag::kUpstreamFailure;
  Who who = Who::kUpstream;
  switch (result.failure) {
    case upstream::Connector::Failure::kTimeout:
      counters.upstream_cx_connect_timeout.Add();
      break;
    case upstream::Connector::Failure::kLocal:
      counters.bind_errors.Add();
      [[fallthrough]];
    case upstream::Connector::Failure::kDescriptors:
      who = Who::kProxy;
      flag = result.failure == upstream::Connector::Failure::kLocal ? Flag::kLocalFailure
                                                                    : Flag::kDescriptors;
      [[fallthrough]];
    case upstream::Connector::Failure::kRefused:
    case upstream::Connector::Failure::kNone:
      break;
  }
  LOG(kDebug, kConnection, "cannot connect upstream", {"id", id_}, {"cluster", ClusterName()},
      {"upstream", upstream_host_.Format()},
      {"error", std::generic_category().message(connect_error_)});
  Finish({who, Phase::kConnect, flag});
}

void Session::OnUpstreamReady(event::Readiness readiness) {
  relay_->OnReady(Side::kUpstream, readiness);
}

void Session::OnDownstreamReady(event::Readiness readiness) {
  if (relay_ != nullptr) {
    relay_->OnReady(Side::kDownstream, readiness);
    return;
  }
  if (readiness.error) {
    Finish({Who::kDownstream, Phase::kConnect, Flag::kReset});
    return;
  }
  // While connecting only errors are watched. Urgent data wakes us too, and would on every turn;
  // errors can then be watched together with the FIN. Once that has come, too, only the connect
  // timeout is left.
  downstream_.watcher.Watch(readiness.hangup ? event::kNothing : event::kHangup);
}

bool Session::MayWarn() {
  const uint64_t now = resources_.loop.now_ms();
  if (now < resources_.next_warning_ms) return false;
  resources_.next_warning_ms =
      now + static_cast<uint64_t>(std::chrono::milliseconds(limits::kWarningInterval).count());
  return true;
}

void Session::ReportLoop(const config::SocketAddress& destination) {
  resources_.counters.loop_refused.Add();
  if (!MayWarn()) return;
  LOG(kWarning, kConnHandler,
      "a dial of this proxy was redirected back to it: the rules do not exempt its uid; run it as "
      "the "
      "uid given to `outrigger iptables -u`",
      {"uid", getuid()}, {"gid", getgid()}, {"destination", destination.Format()},
      {"listener", listener_->name});
}

absl::string_view Session::ClusterName() const {
  if (chain_ == nullptr) return "";
  return chain_->chain->tcp_proxy.clusters[cluster_position_].name;
}

Phase Session::PhaseNow() const {
  if (relay_ != nullptr) return Phase::kRelay;
  if (connector_ != nullptr) return Phase::kConnect;
  return chain_ == nullptr ? Phase::kStart : Phase::kDecide;
}

}  // namespace outrigger::session

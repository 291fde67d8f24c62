// SPDX-License-Identifier: Apache-2.0
#include "proxy/session/relay.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/net/socket.h"
#include "proxy/net/socket_options.h"

namespace outrigger::session {

Relay::Relay(Leg& downstream, Leg& upstream, PumpResources& resources, Options options,
             Delegate<void(Result)> on_end)
    : downstream_(downstream),
      upstream_(upstream),
      options_(options),
      resources_(resources),
      on_end_(on_end),
      last_activity_ms_(resources.loop.now_ms()) {}

Relay::~Relay() {
  for (Pump& pump : pumps_) pump.DiscardHeld(resources_.pipes);
}

void Relay::Start() {
  if (options_.idle_timeout.count() != 0) {
    idle_timer_ = event::Timer(loop(), [this] { OnIdleTimer(); });
    idle_timer_.Start(options_.idle_timeout);
  }
  UpdateInterests();
}

void Relay::OnReady(Side side, event::Readiness readiness) {
  DCHECK(!ended_);
  last_activity_ms_ = loop().now_ms();
  if (readiness.hangup) hangup_seen_[Index(side)] = true;
  if (!readiness.readable && !readiness.writable && !readiness.hangup && !readiness.error) {
    urgent_seen_[Index(side)] = true;
  }
  // Only what became ready: the other direction is told of by its own event.
  if (readiness.writable && !RunPump(Other(side))) return;
  if (readiness.readable && !RunPump(side)) return;
  if (readiness.error && !OnError(side)) return;
  UpdateInterests();
}

// libuv has stopped the watcher: the connection of `side` is broken.
bool Relay::OnError(Side side) {
  if (resetting_) {
    if (side == broken_) return true;
    // The side that was to be given the rest is gone too.
    Conclude({.kind = Result::Kind::kReset, .side = broken_});
    return false;
  }
  return BeginReset(side, net::TakeSocketError(leg(side).transport->descriptor()));
}

Pump::Outcome Relay::Turn(Side source) {
  Pump& pump = mutable_from(source);
  const uint64_t before = pump.bytes();
  const Pump::Outcome outcome =
      pump.Run({*leg(source).transport, *leg(Other(source)).transport, resources_});
  const uint64_t moved = pump.bytes() - before;
  if (source == Side::kDownstream) {
    options_.tcp_counters.downstream_cx_rx_bytes_total.Add(moved);
    options_.cluster_counters.upstream_cx_tx_bytes_total.Add(moved);
  } else {
    options_.tcp_counters.downstream_cx_tx_bytes_total.Add(moved);
    options_.cluster_counters.upstream_cx_rx_bytes_total.Add(moved);
  }
  return outcome;
}

bool Relay::RunPump(Side source) {
  if (resetting_ && source == broken_) return ContinueReset();
  if (resetting_) return true;  // nothing can be delivered to the broken side
  const Pump& pump = from(source);
  if (pump.ended()) return true;
  switch (Turn(source)) {
    case Pump::Outcome::kIdle:
    case Pump::Outcome::kSinkFull:
      return true;
    case Pump::Outcome::kEnded:
      return OnSourceEnded(source);
    case Pump::Outcome::kSourceFailed:
      return BeginReset(source, pump.error_number());
    case Pump::Outcome::kSinkFailed:
      return BeginReset(Other(source), pump.error_number());
  }
  return true;
}

bool Relay::OnSourceEnded(Side source) {
  if (from(Other(source)).ended()) {
    Conclude({.kind = Result::Kind::kFinished, .side = source});
    return false;
  }
  net::SetHalfCloseKeepalive(downstream_.transport->descriptor());
  net::SetHalfCloseKeepalive(upstream_.transport->descriptor());
  return true;
}

bool Relay::BeginReset(Side broken, int error_number) {
  resetting_ = true;
  broken_ = broken;
  mutable_from(Other(broken)).DiscardHeld(resources_.pipes);
  // EPIPE: the peer had ended its direction in good order before it reset ours. Any other error:
  // what it sent is cut short, and an end that a read reports from now on is not one.
  if (error_number != EPIPE) mutable_from(broken).TreatEndAsFailure();
  reset_deadline_ms_ = loop().now_ms() + static_cast<uint64_t>(limits::kResetDelivery.count());
  return ContinueReset();
}

// Delivers what the broken side had sent, waits until the other side's kernel has it (closing with
// RST throws unsent bytes away), then ends.
bool Relay::ContinueReset() {
  const DeliveryState delivery = DeliverRest();
  const int sink = leg(Other(broken_)).transport->descriptor();
  const bool waits = delivery == DeliveryState::kSinkFull ||
                     (delivery == DeliveryState::kDone && net::UnacknowledgedBytes(sink) > 0);
  if (!waits || loop().now_ms() >= reset_deadline_ms_) {
    Conclude({.kind = Result::Kind::kReset, .side = broken_});
    return false;
  }
  if (!reset_timer_) {
    reset_timer_ = event::Timer(loop(), [this] {
      if (ContinueReset()) UpdateInterests();
    });
  }
  reset_timer_.Start(limits::kResetPoll);
  return true;
}

Relay::DeliveryState Relay::DeliverRest() {
  const Pump& pump = from(broken_);
  while (!pump.ended() && !(pump.source_done() && pump.held() == 0)) {
    const uint64_t before = pump.bytes();
    const Pump::Outcome outcome = Turn(broken_);
    if (outcome == Pump::Outcome::kSinkFull) return DeliveryState::kSinkFull;
    if (outcome == Pump::Outcome::kSinkFailed) return DeliveryState::kSinkFailed;
    // A turn's budget may end before the bytes do; a broken source that gives nothing never will.
    if (outcome == Pump::Outcome::kIdle && pump.bytes() == before) break;
  }
  return DeliveryState::kDone;
}

void Relay::OnIdleTimer() {
  const auto idle = std::chrono::milliseconds(loop().now_ms() - last_activity_ms_);
  if (idle >= options_.idle_timeout) {
    Conclude({.kind = Result::Kind::kIdleTimeout});
    return;
  }
  idle_timer_.Start(options_.idle_timeout - idle);
}

void Relay::UpdateInterests() {
  downstream_.watcher.Watch(InterestOf(Side::kDownstream));
  upstream_.watcher.Watch(InterestOf(Side::kUpstream));
}

event::Interest Relay::InterestOf(Side side) const {
  const Pump& reads = from(side);
  const Pump& writes = from(side == Side::kDownstream ? Side::kUpstream : Side::kDownstream);
  if (resetting_) {
    if (side == broken_) return event::kNothing;
    return writes.wants_write() ? event::kWritable : event::kErrors;
  }
  event::Interest interest = event::kNothing;
  if (reads.wants_read()) {
    interest |= event::kReadable;
  } else if (!reads.source_done() && !hangup_seen_[Index(side)]) {
    interest |= event::kHangup;
  }
  if (writes.wants_write()) interest |= event::kWritable;
  if (interest != event::kNothing) return interest;
  // Ended in both directions: the kernel would report a hang-up on every turn.
  if (reads.source_done() && writes.ended()) return event::kNothing;
  return urgent_seen_[Index(side)] ? event::kNothing : event::kErrors;
}

void Relay::Conclude(Result result) {
  ended_ = true;
  downstream_.watcher.Watch(event::kNothing);
  upstream_.watcher.Watch(event::kNothing);
  on_end_(result);
}

}  // namespace outrigger::session

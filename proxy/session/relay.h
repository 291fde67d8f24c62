// SPDX-License-Identifier: Apache-2.0
//
// Both directions of a connected session, until both have ended.
//
// An end of one side (FIN) is passed on once everything before it is delivered; the other direction
// goes on for as long as it likes. A reset of one side is passed on as a reset. Bytes that the
// broken side had sent before are delivered first, for limits::kResetDelivery at most; what was on
// its way to the broken side is lost, as it would be without a proxy.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "proxy/base/delegate.h"
#include "proxy/event/fd_watcher.h"
#include "proxy/event/loop.h"
#include "proxy/event/timer.h"
#include "proxy/session/pump.h"
#include "proxy/transport/plain_transport.h"

namespace outrigger::session {

enum class Side : uint8_t { kDownstream = 0, kUpstream = 1 };

// One side of a session. The watcher stands after the transport whose descriptor it watches, so it
// goes first.
struct Leg {
  // In place and not behind a pointer: two allocations less for every idle session.
  std::optional<transport::PlainTransport> transport;
  event::FdWatcher watcher;
};

// Owned by a Session; belongs to its loop's thread. Borrows both legs.
class Relay {
 public:
  struct Result {
    enum class Kind : uint8_t { kFinished, kReset, kIdleTimeout };
    Kind kind = Kind::kFinished;
    Side side = Side::kDownstream;  // kFinished: which ended last; kReset: which broke
  };
  struct Options {
    std::chrono::milliseconds idle_timeout{0};  // 0: none
    // Bytes are counted as they move: sessions last for weeks, and a scrape must not wait for their
    // end.
    observe::TcpProxyCounters& tcp_counters;
    observe::ClusterCounters& cluster_counters;
  };

  // `on_end` is called once, as the last thing that the relay does; it may destroy the relay. The
  // legs are left open for it to close (kFinished) or abort (all else).
  Relay(Leg& downstream, Leg& upstream, PumpResources& resources, Options options,
        Delegate<void(Result)> on_end);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Begins to read. Bytes that wait already are told by the first turn of the loop.
  void Start();
  // To be called by the owner for every event of a leg's watcher.
  void OnReady(Side side, event::Readiness readiness);

  // The pump that reads from `side`.
  const Pump& from(Side side) const { return pumps_[Index(side)]; }
  // When bytes last moved or a side last ended; the loop's clock.
  uint64_t last_activity_ms() const { return last_activity_ms_; }

 private:
  static size_t Index(Side side) { return static_cast<size_t>(side); }
  static Side Other(Side side) {
    return side == Side::kDownstream ? Side::kUpstream : Side::kDownstream;
  }
  Pump& mutable_from(Side side) { return pumps_[Index(side)]; }
  Leg& leg(Side side) { return side == Side::kDownstream ? downstream_ : upstream_; }

  event::Loop& loop() const { return resources_.loop; }
  // Runs the pump that reads from `source` and counts what it moved.
  Pump::Outcome Turn(Side source);
  // The same, and draws the conclusions. False once the relay has ended.
  bool RunPump(Side source);
  bool OnSourceEnded(Side source);
  bool OnError(Side side);
  // `broken` has been reset; `error_number` as the socket told it. Returns false once the relay has
  // ended.
  bool BeginReset(Side broken, int error_number);
  bool ContinueReset();
  enum class DeliveryState : uint8_t { kDone, kSinkFull, kSinkFailed };
  DeliveryState DeliverRest();
  void OnIdleTimer();
  void UpdateInterests();
  event::Interest InterestOf(Side side) const;
  void Conclude(Result result);

  Leg& downstream_;
  Leg& upstream_;
  std::array<Pump, 2> pumps_;
  const Options options_;
  PumpResources& resources_;
  const Delegate<void(Result)> on_end_;
  event::Timer idle_timer_;   // only with an idle timeout
  event::Timer reset_timer_;  // only while a reset waits for delivery
  uint64_t last_activity_ms_ = 0;
  uint64_t reset_deadline_ms_ = 0;
  Side broken_ = Side::kDownstream;
  bool resetting_ = false;
  bool ended_ = false;
  std::array<bool, 2> hangup_seen_{};  // by side: FIN told while reading is paused
  std::array<bool, 2>
      urgent_seen_{};  // by side: kErrors woke us for urgent data, which it must not do twice
};

}  // namespace outrigger::session

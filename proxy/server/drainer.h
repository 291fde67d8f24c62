// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "proxy/event/loop.h"
#include "proxy/event/timer.h"

namespace outrigger::server {

// What SIGTERM means.
enum class Termination : uint8_t {
  kApplication,  // sidecar: go on until the application beside us is gone
  kIstio,        // exactly as Istio's agent: the drain time, then the end
  kSessions,     // standalone: accept no more, wait for the sessions, the drain time at most
};

// The shutdown state machine. Belongs to the main thread.
//
//   running --signal--> draining --condition or limit or second signal--> exit
class Drainer {
 public:
  struct Options {
    Termination termination = Termination::kApplication;
    std::chrono::seconds drain_time{5};
    // kApplication: how long to wait for the application at most. None: for ever; the kubelet's
    // SIGKILL ends it.
    std::optional<std::chrono::seconds> limit;
  };
  struct Callbacks {
    absl::AnyInvocable<void()> stop_accepting;
    absl::AnyInvocable<uint64_t()> sessions;
    // Whether the application still has a TCP socket.
    absl::AnyInvocable<absl::StatusOr<bool>()> application_is_there;
    absl::AnyInvocable<void()> exit;
  };

  Drainer(event::Loop& loop, Options options, Callbacks callbacks);

  // SIGTERM or SIGINT.
  void OnSignal();
  bool draining() const { return draining_; }

 private:
  void Check();
  bool IsOver(std::chrono::milliseconds elapsed);

  event::Loop& loop_;
  const Options options_;
  Callbacks callbacks_;
  event::Timer timer_;
  uint64_t started_ms_ = 0;
  bool draining_ = false;
  bool exiting_ = false;
};

}  // namespace outrigger::server

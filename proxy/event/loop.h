// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

struct uv_loop_s;

namespace outrigger::event {

// One libuv loop. Belongs to the thread that calls Run; everything made on it (watchers, timers,
// mailboxes) must be destroyed on that thread, or after Run has returned, and before the loop.
class Loop {
 public:
  static absl::StatusOr<std::unique_ptr<Loop>> Create();
  // Runs pending close callbacks and dies if a handle is left: a leaked handle is a leaked
  // descriptor.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop. May be called again afterwards.
  void Run();
  // Returns from Run after the current iteration. On the loop's thread only.
  void Stop();

  // Called once per iteration after all events of that iteration: the place to free what asked to
  // be retired.
  void SetAfterEvents(absl::AnyInvocable<void()> callback);

  // The loop's cached clock, milliseconds of a monotonic clock. Costs nothing.
  uint64_t now_ms() const;
  // Aborts in debug builds when called from another thread than the running one.
  void CheckOnThread() const;

  // For event/ only.
  uv_loop_s* uv() const;

 private:
  struct State;
  explicit Loop(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace outrigger::event

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "absl/functional/any_invocable.h"

#include "proxy/event/loop.h"

namespace outrigger::event {

// A one-shot timer. Belongs to the loop's thread; may be restarted, stopped or destroyed inside its
// own callback.
class Timer {
 public:
  // No timer: only assignment and destruction are allowed.
  Timer();
  Timer(Loop& loop, absl::AnyInvocable<void()> callback);
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();

  // Counts from now, measured on the real clock and not on the loop's cached one. Replaces an
  // earlier Start.
  void Start(std::chrono::milliseconds delay);
  void Stop();
  explicit operator bool() const { return state_ != nullptr; }

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Closer> state_;
};

}  // namespace outrigger::event

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "proxy/event/loop.h"

namespace outrigger::event {

// Calls back on the loop's thread for every delivery of one signal. Belongs to that thread.
class SignalWatcher {
 public:
  static absl::StatusOr<SignalWatcher> Create(Loop& loop, int signal_number,
                                              absl::AnyInvocable<void()> callback);
  SignalWatcher(SignalWatcher&&) noexcept;
  SignalWatcher& operator=(SignalWatcher&&) noexcept;
  ~SignalWatcher();

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  explicit SignalWatcher(std::unique_ptr<State, Closer> state);
  std::unique_ptr<State, Closer> state_;
};

}  // namespace outrigger::event

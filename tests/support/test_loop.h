// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "absl/functional/any_invocable.h"

#include "proxy/event/loop.h"
#include "proxy/event/timer.h"

namespace outrigger::testing {

// A loop that a test runs until something is true.
class TestLoop {
 public:
  TestLoop();
  event::Loop& loop() { return *loop_; }
  // Runs the loop until `condition` holds, looked at after every turn and every millisecond. False
  // after `deadline`.
  bool RunUntil(absl::AnyInvocable<bool()> condition,
                std::chrono::milliseconds deadline = std::chrono::seconds(10));

 private:
  std::unique_ptr<event::Loop> loop_;
};

}  // namespace outrigger::testing

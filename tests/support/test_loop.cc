// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_loop.h"

#include <utility>

#include "proxy/base/check.h"

namespace outrigger::testing {

TestLoop::TestLoop() {
  auto loop = event::Loop::Create();
  CHECK(loop.ok(), loop.status().message());
  loop_ = *std::move(loop);
}

bool TestLoop::RunUntil(absl::AnyInvocable<bool()> condition, std::chrono::milliseconds deadline) {
  const auto give_up_at = std::chrono::steady_clock::now() + deadline;
  bool holds = false;
  const auto look = [&] {
    holds = condition();
    if (holds || std::chrono::steady_clock::now() >= give_up_at) loop_->Stop();
  };
  event::Timer tick(*loop_, [&] {
    look();
    tick.Start(std::chrono::milliseconds(1));
  });
  tick.Start(std::chrono::milliseconds(0));
  loop_->Run();
  return holds;
}

}  // namespace outrigger::testing

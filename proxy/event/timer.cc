// SPDX-License-Identifier: Apache-2.0
#include "proxy/event/timer.h"

#include <uv.h>

#include <algorithm>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/event/uv_handle.h"

namespace outrigger::event {

struct Timer::State {
  uv_timer_t handle;
  absl::AnyInvocable<void()> callback;
};

void Timer::Closer::operator()(State* state) const { CloseHandle(state); }

Timer::Timer() = default;
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&&) noexcept = default;
Timer::~Timer() = default;

Timer::Timer(Loop& loop, absl::AnyInvocable<void()> callback) {
  auto* state = new State;
  // uv_timer_init cannot fail.
  uv_timer_init(loop.uv(), &state->handle);
  state->handle.data = state;
  state->callback = std::move(callback);
  state_.reset(state);
}

void Timer::Start(std::chrono::milliseconds delay) {
  // The loop's clock is as old as this iteration; a long iteration would otherwise shorten the
  // delay.
  uv_update_time(state_->handle.loop);
  const auto delay_ms = static_cast<uint64_t>(std::max<int64_t>(delay.count(), 0));
  const int error = uv_timer_start(
      &state_->handle, [](uv_timer_t* handle) { static_cast<State*>(handle->data)->callback(); },
      delay_ms, 0);
  CHECK(error == 0, uv_strerror(error));
}

void Timer::Stop() { uv_timer_stop(&state_->handle); }

}  // namespace outrigger::event

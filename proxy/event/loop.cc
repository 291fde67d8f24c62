// SPDX-License-Identifier: Apache-2.0
#include "proxy/event/loop.h"

#include <uv.h>

#include <thread>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/event/uv_handle.h"

namespace outrigger::event {

struct Loop::State {
  uv_loop_t loop;
  uv_check_t after_events;
  absl::AnyInvocable<void()> after_events_callback;
  bool after_events_active = false;
  std::thread::id thread;  // of Run; none while not running
};

absl::StatusOr<std::unique_ptr<Loop>> Loop::Create() {
  auto state = std::make_unique<State>();
  if (const int error = uv_loop_init(&state->loop); error != 0) {
    return UvStatus(error, "cannot create an event loop");
  }
  return std::unique_ptr<Loop>(new Loop(std::move(state)));
}

Loop::Loop(std::unique_ptr<State> state) : state_(std::move(state)) {}

Loop::~Loop() {
  if (state_->after_events_active) {
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->after_events), nullptr);
  }
  // Close callbacks of handles that were destroyed after Run returned.
  uv_run(&state_->loop, UV_RUN_NOWAIT);
  const int error = uv_loop_close(&state_->loop);
  CHECK(error == 0, "a handle outlives its loop: ", uv_strerror(error));
}

void Loop::Run() {
  state_->thread = std::this_thread::get_id();
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  state_->thread = {};
}

void Loop::Stop() { uv_stop(&state_->loop); }

void Loop::SetAfterEvents(absl::AnyInvocable<void()> callback) {
  state_->after_events_callback = std::move(callback);
  if (state_->after_events_active) return;
  // uv_check_init and uv_check_start cannot fail for a callback that is not null.
  uv_check_init(&state_->loop, &state_->after_events);
  state_->after_events.data = state_.get();
  uv_check_start(&state_->after_events, [](uv_check_t* handle) {
    static_cast<State*>(handle->data)->after_events_callback();
  });
  state_->after_events_active = true;
}

uint64_t Loop::now_ms() const { return uv_now(&state_->loop); }

void Loop::CheckOnThread() const {
  DCHECK(state_->thread == std::thread::id() || state_->thread == std::this_thread::get_id());
}

uv_loop_s* Loop::uv() const { return &state_->loop; }

}  // namespace outrigger::event

// SPDX-License-Identifier: Apache-2.0
#include "proxy/event/signal_watcher.h"

#include <uv.h>

#include <utility>

#include "proxy/event/uv_handle.h"

namespace outrigger::event {

struct SignalWatcher::State {
  uv_signal_t handle;
  absl::AnyInvocable<void()> callback;
};

void SignalWatcher::Closer::operator()(State* state) const { CloseHandle(state); }

SignalWatcher::SignalWatcher(std::unique_ptr<State, Closer> state) : state_(std::move(state)) {}
SignalWatcher::SignalWatcher(SignalWatcher&&) noexcept = default;
SignalWatcher& SignalWatcher::operator=(SignalWatcher&&) noexcept = default;
SignalWatcher::~SignalWatcher() = default;

absl::StatusOr<SignalWatcher> SignalWatcher::Create(Loop& loop, int signal_number,
                                                    absl::AnyInvocable<void()> callback) {
  auto fresh = std::make_unique<State>();
  if (const int error = uv_signal_init(loop.uv(), &fresh->handle); error != 0) {
    return UvStatus(error, "cannot watch a signal");
  }
  fresh->handle.data = fresh.get();
  fresh->callback = std::move(callback);
  std::unique_ptr<State, Closer> state(fresh.release());
  const int error = uv_signal_start(
      &state->handle,
      [](uv_signal_t* handle, int) { static_cast<State*>(handle->data)->callback(); },
      signal_number);
  if (error != 0) return UvStatus(error, absl::StrCat("cannot watch signal ", signal_number));
  return SignalWatcher(std::move(state));
}

}  // namespace outrigger::event

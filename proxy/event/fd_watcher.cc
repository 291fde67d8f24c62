// SPDX-License-Identifier: Apache-2.0
#include "proxy/event/fd_watcher.h"

#include <uv.h>

#include <utility>

#include "proxy/base/check.h"
#include "proxy/event/uv_handle.h"

namespace outrigger::event {

struct FdWatcher::State {
  uv_poll_t handle;
  Callback callback;
  Interest interest = kNothing;
};

namespace {

int ToUvEvents(Interest interest) {
  int events = 0;
  if ((interest & kReadable) != 0) events |= UV_READABLE;
  if ((interest & kWritable) != 0) events |= UV_WRITABLE;
  if ((interest & kHangup) != 0) events |= UV_DISCONNECT;
  if ((interest & kErrors) != 0) events |= UV_PRIORITIZED;
  return events;
}

}  // namespace

void FdWatcher::Closer::operator()(State* state) const { CloseHandle(state); }

FdWatcher::FdWatcher() = default;
FdWatcher::FdWatcher(std::unique_ptr<State, Closer> state) : state_(std::move(state)) {}
FdWatcher::FdWatcher(FdWatcher&&) noexcept = default;
FdWatcher& FdWatcher::operator=(FdWatcher&&) noexcept = default;
FdWatcher::~FdWatcher() = default;

absl::StatusOr<FdWatcher> FdWatcher::Create(Loop& loop, int fd, Callback callback) {
  auto state = std::make_unique<State>();
  if (const int error = uv_poll_init(loop.uv(), &state->handle, fd); error != 0) {
    return UvStatus(error, "cannot watch a descriptor");
  }
  state->handle.data = state.get();
  state->callback = callback;
  return FdWatcher(std::unique_ptr<State, Closer>(state.release()));
}

void FdWatcher::Watch(Interest interest) {
  if (interest == state_->interest) return;
  state_->interest = interest;
  if (interest == kNothing) {
    uv_poll_stop(&state_->handle);
    return;
  }
  const int error = uv_poll_start(&state_->handle, ToUvEvents(interest),
                                  [](uv_poll_t* handle, int status, int events) {
                                    auto* state = static_cast<State*>(handle->data);
                                    if (status < 0) {
                                      // libuv has stopped the handle. Forget the interest, or the
                                      // next equal Watch would do nothing.
                                      state->interest = kNothing;
                                      state->callback({.error = true});
                                      return;
                                    }
                                    state->callback({.readable = (events & UV_READABLE) != 0,
                                                     .writable = (events & UV_WRITABLE) != 0,
                                                     .hangup = (events & UV_DISCONNECT) != 0});
                                  });
  // uv_poll_start fails only for a closing handle.
  CHECK(error == 0, uv_strerror(error));
}

void FdWatcher::SetCallback(Callback callback) { state_->callback = callback; }

}  // namespace outrigger::event

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

#include "proxy/base/delegate.h"
#include "proxy/event/loop.h"

namespace outrigger::event {

// What to be told of a descriptor; a set of bits. Errors (a reset, for TCP) are told with any of
// them.
using Interest = uint8_t;
inline constexpr Interest kNothing = 0;
inline constexpr Interest kReadable = 1;
inline constexpr Interest kWritable = 2;
// The peer's FIN, even while nothing is read. Repeats on every turn of the loop: stop watching it
// once seen.
inline constexpr Interest kHangup = 4;
// Only errors. In truth EPOLLPRI, which asks for nothing that a stream without urgent data has, but
// keeps the descriptor in the epoll set, so that a reset is noticed while reading is paused.
inline constexpr Interest kErrors = 8;

// What happened. After `error` nothing is watched any more, whatever was asked for (libuv stops a
// handle on EPOLLERR): the owner asks the socket what the error is.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hangup = false;
  bool error = false;
};

// Level-triggered readiness of one descriptor. Belongs to the loop's thread. Borrows the
// descriptor: destroy the watcher first (declare it after the descriptor). May be destroyed inside
// its own callback.
class FdWatcher {
 public:
  using Callback = Delegate<void(Readiness)>;

  FdWatcher();
  // Starts with kNothing. Fails if the descriptor cannot be polled or memory is short.
  static absl::StatusOr<FdWatcher> Create(Loop& loop, int fd, Callback callback);
  FdWatcher(FdWatcher&&) noexcept;
  FdWatcher& operator=(FdWatcher&&) noexcept;
  ~FdWatcher();

  // No system call unless the interest changes. Requires: a created watcher.
  void Watch(Interest interest);
  // Not from inside the callback.
  void SetCallback(Callback callback);
  explicit operator bool() const { return state_ != nullptr; }

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  explicit FdWatcher(std::unique_ptr<State, Closer> state);
  std::unique_ptr<State, Closer> state_;
};

}  // namespace outrigger::event

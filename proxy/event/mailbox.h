// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "proxy/event/loop.h"

namespace outrigger::event {

// The only door into a loop's thread from another one: tasks that run there in the order they were
// posted. Created and destroyed on the loop's thread (or while the loop does not run). What is
// still in it at destruction is destroyed unrun.
class Mailbox {
 public:
  using Task = absl::AnyInvocable<void()>;

  // More waiting tasks than sessions can be in hand-over at once mean that the loop hangs.
  static constexpr size_t kTasksMax = 65'536;

  static absl::StatusOr<std::unique_ptr<Mailbox>> Create(Loop& loop);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Any thread. False, and the task destroyed, if the mailbox is full.
  bool Post(Task task);

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  explicit Mailbox(std::unique_ptr<State, Closer> state);
  std::unique_ptr<State, Closer> state_;
};

}  // namespace outrigger::event

// SPDX-License-Identifier: Apache-2.0
#include "proxy/event/mailbox.h"

#include <uv.h>

#include <utility>
#include <vector>

#include "proxy/base/mutex.h"
#include "proxy/event/uv_handle.h"

namespace outrigger::event {

struct Mailbox::State {
  uv_async_t handle;
  Mutex mutex;
  std::vector<Task> tasks ABSL_GUARDED_BY(mutex);

  void RunTasks() {
    std::vector<Task> taken;
    {
      const MutexLock lock(mutex);
      taken.swap(tasks);
    }
    for (Task& task : taken) task();
  }
};

void Mailbox::Closer::operator()(State* state) const { CloseHandle(state); }

Mailbox::Mailbox(std::unique_ptr<State, Closer> state) : state_(std::move(state)) {}
Mailbox::~Mailbox() = default;

absl::StatusOr<std::unique_ptr<Mailbox>> Mailbox::Create(Loop& loop) {
  auto state = std::make_unique<State>();
  const int error = uv_async_init(loop.uv(), &state->handle, [](uv_async_t* handle) {
    static_cast<State*>(handle->data)->RunTasks();
  });
  if (error != 0) return UvStatus(error, "cannot create a mailbox");
  state->handle.data = state.get();
  return std::unique_ptr<Mailbox>(new Mailbox(std::unique_ptr<State, Closer>(state.release())));
}

bool Mailbox::Post(Task task) {
  {
    const MutexLock lock(state_->mutex);
    if (state_->tasks.size() >= kTasksMax) return false;
    state_->tasks.push_back(std::move(task));
  }
  uv_async_send(&state_->handle);
  return true;
}

}  // namespace outrigger::event

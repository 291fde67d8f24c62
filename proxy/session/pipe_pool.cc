// SPDX-License-Identifier: Apache-2.0
#include "proxy/session/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "proxy/base/limits.h"

namespace outrigger::session {
namespace {

// After the kernel said no: asking again for every bulk read would cost two system calls each.
constexpr uint64_t kRetryAfterMs = 1000;

}  // namespace

PipePool::PipePool(observe::WorkerCounters& counters) : counters_(counters) {}

std::unique_ptr<Pipe> PipePool::Acquire(uint64_t now_ms) {
  if (!idle_.empty()) {
    std::unique_ptr<Pipe> pipe = std::move(idle_.back());
    idle_.pop_back();
    return pipe;
  }
  if (existing_ >= limits::kPipesPerWorkerMax || now_ms < retry_at_ms_) return nullptr;
  std::unique_ptr<Pipe> pipe = CreatePipe();
  if (pipe == nullptr) {
    counters_.pipe_failures.Add();
    retry_at_ms_ = now_ms + kRetryAfterMs;
    return nullptr;
  }
  ++existing_;
  return pipe;
}

std::unique_ptr<Pipe> PipePool::CreatePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
  auto pipe = std::make_unique<Pipe>();
  pipe->read_end.Reset(ends[0]);
  pipe->write_end.Reset(ends[1]);
  const int capacity = fcntl(ends[1], F_SETPIPE_SZ, limits::kPipeBytes);
  if (capacity < limits::kPipeBytesMin) return nullptr;
  pipe->capacity = static_cast<size_t>(capacity);
  return pipe;
}

void PipePool::Release(std::unique_ptr<Pipe> pipe) {
  if (idle_.size() < static_cast<size_t>(limits::kPipesPooledPerWorker)) {
    idle_.push_back(std::move(pipe));
  } else {
    Discard(std::move(pipe));
  }
}

void PipePool::Discard(std::unique_ptr<Pipe> pipe) {
  pipe.reset();
  --existing_;
}

}  // namespace outrigger::session

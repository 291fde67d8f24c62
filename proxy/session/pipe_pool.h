// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "proxy/base/unique_fd.h"
#include "proxy/observe/counters.h"

namespace outrigger::session {

// A kernel pipe that bytes are spliced through.
struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
  size_t capacity = 0;
};

// The pipes of one worker. A pump borrows one only while bytes are in it, so an idle session holds
// none. Belongs to the worker's thread.
class PipePool {
 public:
  explicit PipePool(observe::WorkerCounters& counters);

  // Null when the worker has all its pipes in use, or the kernel gives none or only a small one
  // (its quota is per uid, and all sidecars of a node share it): copy instead. Counted, never an
  // error. `now_ms` is the loop's clock.
  std::unique_ptr<Pipe> Acquire(uint64_t now_ms);
  // Requires: the pipe is empty. Otherwise use Discard.
  void Release(std::unique_ptr<Pipe> pipe);
  // For a pipe that still has bytes of a session that ended.
  void Discard(std::unique_ptr<Pipe> pipe);

 private:
  std::unique_ptr<Pipe> CreatePipe();

  observe::WorkerCounters& counters_;
  std::vector<std::unique_ptr<Pipe>> idle_;
  int existing_ = 0;
  uint64_t retry_at_ms_ = 0;
};

}  // namespace outrigger::session

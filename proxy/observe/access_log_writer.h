// SPDX-License-Identifier: Apache-2.0
//
// Takes finished access log lines from the workers and writes them to files, without ever making a
// worker wait for a disk or for whoever reads our stdout. Each file has a bounded queue and a
// thread of its own, so that one reader that has stopped reading costs the lines of its own file
// and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "proxy/base/mutex.h"

namespace outrigger::observe {

class AccessLogFile;

struct AccessLogOptions {
  // 1 MiB is about 4,000 of Istio's lines: what a burst of short connections writes while a disk
  // sleeps for 200 ms.
  size_t queued_bytes_max = size_t{1024} * 1024;
  size_t queued_lines_max = 8192;
  // Lines wait this long for company, so that a quiet proxy wakes its writer seldom and a busy one
  // writes in batches. Well under the second after which Istio's agent, which kills without
  // warning, expects a line to be out.
  std::chrono::milliseconds gather_time{50};
  // Unless this much has come together first.
  size_t gather_bytes = size_t{64} * 1024;
};

// Thread-safe. Outlives the workers that write through it.
class AccessLogWriter {
 public:
  explicit AccessLogWriter(AccessLogOptions options = {});
  // Stops without waiting if Stop was not called.
  ~AccessLogWriter();
  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;

  // Opens `path` for appending, creating it if need be. /dev/stdout and /dev/stderr are copies of
  // descriptors 1 and 2: opening those paths fails once we have given up root and stdout is a pipe
  // of root's. A path that is open already is left as it is. Call before workers write to it, and
  // before privileges are dropped.
  absl::Status Open(absl::string_view path);

  // Queues `line` for `path`. False if it was dropped: the queue is full, `path` is not open, or we
  // have stopped.
  bool Write(absl::string_view path, absl::string_view line);

  // Opens every file anew under its path (log rotation has moved the old one away). A file that
  // cannot be opened keeps the old descriptor and says so in the log. Returns at once: the writers'
  // threads do it.
  void Reopen();

  // Writes what is queued and ends the threads. A file that takes nothing any more is given up when
  // `deadline` has passed.
  void Stop(std::chrono::milliseconds deadline);

  // Lines that were queued and never written: write errors, and what was left at Stop.
  uint64_t lost_lines() const;

 private:
  const AccessLogOptions options_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<AccessLogFile>> files_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace outrigger::observe

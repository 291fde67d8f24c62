// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "proxy/base/mutex.h"
#include "proxy/base/unique_fd.h"
#include "proxy/observe/access_log_writer.h"

namespace outrigger::observe {

// One file, its queue and its thread. Shared with that thread, because a write that never returns
// must not hold whoever stops us.
class AccessLogFile {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static absl::StatusOr<std::shared_ptr<AccessLogFile>> Open(absl::string_view path,
                                                             const AccessLogOptions& options);
  // For Open.
  AccessLogFile(absl::string_view path, const AccessLogOptions& options, UniqueFd fd);
  AccessLogFile(const AccessLogFile&) = delete;
  AccessLogFile& operator=(const AccessLogFile&) = delete;
  // Requires: the thread has ended or was let go (Join).
  ~AccessLogFile() = default;

  // Any thread. False: dropped.
  bool Write(absl::string_view line);
  void Reopen();
  // No more lines; what is queued is written until `give_up_at`.
  void StartStopping(TimePoint give_up_at);
  // After StartStopping: waits for the thread until then, and lets it go if it still hangs in a
  // write.
  void Join();

  uint64_t lost_lines() const { return lost_lines_.load(std::memory_order_relaxed); }

 private:
  struct Batch {
    std::string lines;
    bool reopen = false;
    bool last = false;
  };

  void Run();
  Batch WaitForBatch();
  void ReopenNow();
  void WriteBatch(absl::string_view lines);
  bool WaitWritable();
  void LoseLines(absl::string_view lines, int error_number);
  bool HasGivenUp();

  const std::string path_;
  const AccessLogOptions options_;

  // Of the thread alone.
  UniqueFd fd_;
  bool is_regular_ = false;
  TimePoint next_complaint_;

  Mutex mutex_;
  CondVar changed_;
  std::string queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_lines_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reopen_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  TimePoint give_up_at_ ABSL_GUARDED_BY(mutex_) = TimePoint::max();

  std::atomic<uint64_t> lost_lines_{0};
  std::thread thread_;
};

}  // namespace outrigger::observe

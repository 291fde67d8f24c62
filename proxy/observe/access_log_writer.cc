// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/access_log_writer.h"

#include <utility>
#include <vector>

#include "proxy/base/status_macros.h"
#include "proxy/observe/access_log_file.h"

namespace outrigger::observe {

AccessLogWriter::AccessLogWriter(AccessLogOptions options) : options_(options) {}

AccessLogWriter::~AccessLogWriter() { Stop(std::chrono::milliseconds(0)); }

absl::Status AccessLogWriter::Open(absl::string_view path) {
  const MutexLock lock(mutex_);
  if (files_.contains(path)) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto file, AccessLogFile::Open(path, options_));
  files_.emplace(std::string(path), std::move(file));
  return absl::OkStatus();
}

bool AccessLogWriter::Write(absl::string_view path, absl::string_view line) {
  AccessLogFile* file = nullptr;
  {
    const MutexLock lock(mutex_);
    const auto found = files_.find(path);
    if (found == files_.end()) return false;
    // Files stay in the table for as long as we live.
    file = found->second.get();
  }
  return file->Write(line);
}

void AccessLogWriter::Reopen() {
  const MutexLock lock(mutex_);
  for (const auto& [path, file] : files_) file->Reopen();
}

void AccessLogWriter::Stop(std::chrono::milliseconds deadline) {
  std::vector<std::shared_ptr<AccessLogFile>> files;
  {
    const MutexLock lock(mutex_);
    for (const auto& [path, file] : files_) files.push_back(file);
  }
  const auto give_up_at = std::chrono::steady_clock::now() + deadline;
  for (const auto& file : files) file->StartStopping(give_up_at);
  for (const auto& file : files) file->Join();
}

uint64_t AccessLogWriter::lost_lines() const {
  const MutexLock lock(mutex_);
  uint64_t lines = 0;
  for (const auto& [path, file] : files_) lines += file->lost_lines();
  return lines;
}

}  // namespace outrigger::observe

// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/access_log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

#include "proxy/base/errno_status.h"
#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"

namespace outrigger::observe {
namespace {

// How long a full pipe is watched before we look again whether we should give up.
constexpr std::chrono::milliseconds kWritableWait{20};
// A full disk fails every batch: one line about it in this time.
constexpr std::chrono::seconds kComplaintInterval{10};

absl::string_view OpenRemedy(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "create its folder, or configure another path";
    case EACCES:
      return "give the proxy's user the right to write there, or configure another path";
    case ENXIO:
      return "nobody reads this pipe yet: start its reader first";
    case EBADF:
      return "this stream was closed before we were started: configure a file";
    default:
      return "configure another path";
  }
}

absl::StatusOr<UniqueFd> OpenPath(const std::string& path) {
  int fd = -1;
  if (path == "/dev/stdout" || path == "/dev/stderr") {
    fd = ::fcntl(path == "/dev/stdout" ? STDOUT_FILENO : STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  } else {
    // Non-blocking matters for a named pipe: opening one that nobody reads would never return.
    fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                0644);
  }
  if (fd >= 0) return UniqueFd(fd);
  const int error_number = errno;
  const absl::Status status =
      ErrnoStatus(error_number, absl::StrCat("access log \"", path, "\" cannot be opened"));
  return absl::Status(status.code(),
                      absl::StrCat(status.message(), " (", OpenRemedy(error_number), ")"));
}

bool IsRegularFile(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

uint64_t CountLines(absl::string_view lines) {
  return static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// The first part of `lines` to hand to one write. A pipe that polls writable takes PIPE_BUF bytes
// without blocking, and whole: ending at a line keeps the lines of several writers of one pipe
// apart.
absl::string_view NextPart(absl::string_view lines, bool is_regular) {
  if (is_regular || lines.size() <= PIPE_BUF) return lines;
  const size_t line_end = lines.substr(0, PIPE_BUF).rfind('\n');
  return lines.substr(0, line_end == absl::string_view::npos ? PIPE_BUF : line_end + 1);
}

}  // namespace

absl::StatusOr<std::shared_ptr<AccessLogFile>> AccessLogFile::Open(
    absl::string_view path, const AccessLogOptions& options) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenPath(std::string(path)));
  auto file = std::make_shared<AccessLogFile>(path, options, std::move(fd));
  // The new thread inherits the mask: signals are the main thread's, and SIGPIPE becomes EPIPE.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  file->thread_ = std::thread([file] { file->Run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return file;
}

AccessLogFile::AccessLogFile(absl::string_view path, const AccessLogOptions& options, UniqueFd fd)
    : path_(path), options_(options), fd_(std::move(fd)), is_regular_(IsRegularFile(fd_.get())) {}

bool AccessLogFile::Write(absl::string_view line) {
  const MutexLock lock(mutex_);
  if (stopping_ || queued_lines_ >= options_.queued_lines_max ||
      line.size() > options_.queued_bytes_max - queue_.size()) {
    return false;
  }
  const size_t before = queue_.size();
  queue_.append(line.data(), line.size());
  ++queued_lines_;
  const bool became_full = before < options_.gather_bytes && queue_.size() >= options_.gather_bytes;
  if (queued_lines_ == 1 || became_full) changed_.NotifyAll();
  return true;
}

void AccessLogFile::Reopen() {
  const MutexLock lock(mutex_);
  reopen_ = true;
  changed_.NotifyAll();
}

void AccessLogFile::StartStopping(TimePoint give_up_at) {
  const MutexLock lock(mutex_);
  stopping_ = true;
  give_up_at_ = give_up_at;
  changed_.NotifyAll();
}

void AccessLogFile::Join() {
  bool finished = false;
  {
    const MutexLock lock(mutex_);
    // Longer than the thread's own look at the time, so that it ends by itself but for a write that
    // does not return.
    const TimePoint until = give_up_at_ + 4 * kWritableWait;
    while (!finished_ && changed_.WaitUntil(mutex_, until)) {
    }
    finished = finished_;
  }
  if (!thread_.joinable()) return;
  if (finished) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void AccessLogFile::Run() {
  for (bool last = false; !last;) {
    Batch batch = WaitForBatch();
    if (batch.reopen) ReopenNow();
    WriteBatch(batch.lines);
    last = batch.last;
  }
  const MutexLock lock(mutex_);
  finished_ = true;
  changed_.NotifyAll();
}

AccessLogFile::Batch AccessLogFile::WaitForBatch() {
  const MutexLock lock(mutex_);
  while (queue_.empty() && !reopen_ && !stopping_) changed_.Wait(mutex_);
  const TimePoint gathered = std::chrono::steady_clock::now() + options_.gather_time;
  while (queue_.size() < options_.gather_bytes && !reopen_ && !stopping_ &&
         changed_.WaitUntil(mutex_, gathered)) {
  }
  Batch batch;
  batch.lines.swap(queue_);
  queued_lines_ = 0;
  batch.reopen = std::exchange(reopen_, false);
  batch.last = stopping_;
  return batch;
}

void AccessLogFile::ReopenNow() {
  absl::StatusOr<UniqueFd> fd = OpenPath(path_);
  if (!fd.ok()) {
    LOG(kWarning, kMisc, "access log was not reopened and goes on in the old file",
        {"reason", fd.status().message()});
    return;
  }
  fd_ = *std::move(fd);
  is_regular_ = IsRegularFile(fd_.get());
}

void AccessLogFile::WriteBatch(absl::string_view lines) {
  while (!lines.empty()) {
    const absl::string_view part = NextPart(lines, is_regular_);
    if (!is_regular_ && !WaitWritable()) return LoseLines(lines, ETIMEDOUT);
    const ssize_t written = ::write(fd_.get(), part.data(), part.size());
    const int error_number = errno;
    if (written >= 0) {
      lines.remove_prefix(static_cast<size_t>(written));
    } else if (error_number != EAGAIN && error_number != EINTR) {
      return LoseLines(lines, error_number);
    }
  }
}

// False: given up.
bool AccessLogFile::WaitWritable() {
  while (true) {
    pollfd watched{fd_.get(), POLLOUT, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(kWritableWait.count()));
    if (ready > 0) return true;
    if (HasGivenUp()) return false;
  }
}

bool AccessLogFile::HasGivenUp() {
  const MutexLock lock(mutex_);
  return std::chrono::steady_clock::now() >= give_up_at_;
}

void AccessLogFile::LoseLines(absl::string_view lines, int error_number) {
  lost_lines_.fetch_add(CountLines(lines), std::memory_order_relaxed);
  // After giving up nobody promises that the logger still stands.
  const TimePoint now = std::chrono::steady_clock::now();
  if (now < next_complaint_ || HasGivenUp()) return;
  next_complaint_ = now + kComplaintInterval;
  LOG(kWarning, kMisc, "access log lines lost",
      {"reason", ErrnoStatus(error_number, path_).message()}, {"lines", CountLines(lines)});
}

}  // namespace outrigger::observe

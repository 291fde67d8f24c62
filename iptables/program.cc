// SPDX-License-Identifier: Apache-2.0
#include "iptables/program.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

#include "proxy/base/errno_status.h"
#include "proxy/base/free_with.h"
#include "proxy/base/status_macros.h"
#include "proxy/base/unique_fd.h"

extern char** environ;

namespace outrigger::iptables {
namespace {

// iptables itself waits up to 30 s for its lock; loading thousands of rules takes seconds.
constexpr int kRunTimeMaxMs = 60'000;
// What is read back of a program's output: a table of 100,000 rules.
constexpr size_t kOutputBytesMax = size_t{16} * 1024 * 1024;

// Standard input and output are files in memory and not pipes: nothing can block half-way, and no
// SIGPIPE arrives.
absl::StatusOr<UniqueFd> CreateMemoryFile() {
  UniqueFd file(::memfd_create("outrigger-program", MFD_CLOEXEC));
  const int error = errno;
  if (!file) return ErrnoStatus(error, "memfd_create");
  return file;
}

absl::Status WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    const int error = errno;
    if (written < 0 && error == EINTR) continue;
    if (written <= 0) return ErrnoStatus(error, "write to a memory file");
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::lseek(fd, 0, SEEK_SET) != 0) return ErrnoStatus(errno, "lseek");
  return absl::OkStatus();
}

std::string ReadAll(int fd) {
  std::string text;
  char block[16384];
  off_t offset = 0;
  while (text.size() < kOutputBytesMax) {
    const ssize_t count = ::pread(fd, block, sizeof(block), offset);
    if (count <= 0) break;
    text.append(block, static_cast<size_t>(count));
    offset += count;
  }
  return text;
}

// True once the process has ended. Kernels before 5.3 have no descriptor for a process: there the
// wait has no limit.
bool WaitForEnd(pid_t pid) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return true;
  pollfd ended = {.fd = process.get(), .events = POLLIN, .revents = 0};
  int result = 0;
  do {
    result = ::poll(&ended, 1, kRunTimeMaxMs);
  } while (result < 0 && errno == EINTR);
  return result != 0;
}

int Reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  return pointers;
}

absl::StatusOr<pid_t> Spawn(std::vector<std::string> words, std::vector<std::string> environment,
                            int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::unique_ptr<posix_spawn_file_actions_t, FreeWith<posix_spawn_file_actions_destroy>>
      owned(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  std::vector<char*> argv = Pointers(words);
  argv.push_back(nullptr);
  // Of two equal names the first counts for getenv, so what is added stands before what was there.
  std::vector<char*> envp = Pointers(environment);
  for (char** entry = environ; *entry != nullptr; ++entry) envp.push_back(*entry);
  envp.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), envp.data());
  if (error == ENOENT)
    return absl::NotFoundError(absl::StrCat("program ", words[0], " is not in PATH"));
  if (error != 0) return ErrnoStatus(error, absl::StrCat("starting ", words[0]));
  return pid;
}

}  // namespace

absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& words,
                                         absl::string_view input,
                                         const std::vector<std::string>& environment) {
  ASSIGN_OR_RETURN(const UniqueFd in, CreateMemoryFile());
  ASSIGN_OR_RETURN(const UniqueFd out, CreateMemoryFile());
  ASSIGN_OR_RETURN(const UniqueFd err, CreateMemoryFile());
  RETURN_IF_ERROR(WriteAll(in.get(), input));
  ASSIGN_OR_RETURN(const pid_t pid, Spawn(words, environment, in.get(), out.get(), err.get()));
  const bool ended = WaitForEnd(pid);
  if (!ended) ::kill(pid, SIGKILL);
  const int exit_status = Reap(pid);
  if (!ended) {
    return absl::DeadlineExceededError(
        absl::StrCat(words[0], " did not end within ", kRunTimeMaxMs / 1000, " s and was killed"));
  }
  return ProgramResult{exit_status, ReadAll(out.get()), ReadAll(err.get())};
}

}  // namespace outrigger::iptables

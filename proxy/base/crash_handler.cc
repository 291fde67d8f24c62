// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/crash_handler.h"

#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "absl/debugging/symbolize.h"

namespace outrigger {
namespace {

constexpr int kFramesMax = 64;
// A stack overflow leaves no stack to handle it on. 64 KiB is what symbolizing was seen to need,
// four times.
constexpr size_t kSignalStackBytes = size_t{64} * 1024;
constexpr std::array<int, 5> kSignals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// Only what is safe in a signal handler: snprintf with integers and strings and write are, in
// glibc.
void PrintFrame(int number, void* address) {
  std::array<char, 512> symbol{};
  if (!absl::Symbolize(address, symbol.data(), static_cast<int>(symbol.size()))) {
    std::snprintf(symbol.data(), symbol.size(), "(unknown)");
  }
  std::array<char, 640> line{};
  const int length =
      std::snprintf(line.data(), line.size(), "  #%-2d %p %s\n", number, address, symbol.data());
  const size_t printed = std::min(static_cast<size_t>(std::max(length, 0)), line.size() - 1);
  if (write(STDERR_FILENO, line.data(), printed) < 0) return;
}

void OnCrash(int signal_number) {
  std::array<char, 64> head{};
  const int length =
      std::snprintf(head.data(), head.size(), "outrigger: crashed by signal %d\n", signal_number);
  if (write(STDERR_FILENO, head.data(), static_cast<size_t>(length)) >= 0) {
    std::array<void*, kFramesMax> frames{};
    const int count = backtrace(frames.data(), kFramesMax);
    for (int i = 0; i < count; ++i) PrintFrame(i, frames[static_cast<size_t>(i)]);
  }
  // SA_RESETHAND has put the default back.
  raise(signal_number);
}

}  // namespace

void InstallCrashHandler(const char* program) {
  absl::InitializeSymbolizer(program);
  // The first call loads a library, which a signal handler must not.
  std::array<void*, 1> warm_up{};
  backtrace(warm_up.data(), 1);
  // Of the main thread; workers crash on their own stacks. Lives as long as the process.
  static std::array<char, kSignalStackBytes> signal_stack;
  const stack_t stack{.ss_sp = signal_stack.data(), .ss_flags = 0, .ss_size = signal_stack.size()};
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = OnCrash;
  action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  for (const int signal_number : kSignals) sigaction(signal_number, &action, nullptr);
}

}  // namespace outrigger

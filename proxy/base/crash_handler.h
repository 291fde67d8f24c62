// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger {

// From now on a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) prints its signal and a stack
// trace with names on stderr before it ends the process as it would have. `program` is argv[0].
// Call once, from main, before threads start.
//
// Not abseil's handler: that one walks frame pointers, which Debian's libraries do not keep, and
// takes SIGTERM for a crash.
void InstallCrashHandler(const char* program);

}  // namespace outrigger

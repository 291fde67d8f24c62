// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace outrigger {

// The only place where errno becomes a Status: "<what>: <text of error_number>". Pass errno copied
// to a local on the line after the system call, before anything else can change it.
absl::Status ErrnoStatus(int error_number, absl::string_view what);

}  // namespace outrigger

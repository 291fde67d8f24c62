// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace outrigger::iptables {

struct ProgramResult {
  // Exit status, or 128 + the signal that ended the program.
  int exit_status = 0;
  std::string output;
  std::string errors;
};

// Runs a program found in PATH with `input` as its standard input, and waits for it. `environment`
// entries ("NAME=value") are added to our own. kNotFound if there is no such program,
// kDeadlineExceeded if it had to be killed.
absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& words,
                                         absl::string_view input,
                                         const std::vector<std::string>& environment = {});

}  // namespace outrigger::iptables

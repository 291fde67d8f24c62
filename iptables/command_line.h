// SPDX-License-Identifier: Apache-2.0
//
// The command line by CLI11, in a target of its own because CLI11 throws.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "iptables/flags.h"

namespace outrigger::iptables {

struct CommandLine {
  FlagValues flags;
  // Istio's --log_output_level, as given.
  std::string log_output_level;
  // Set if --help was asked for: print it and exit.
  std::optional<std::string> help;
};

// kInvalidArgument for anything that istio-iptables does not have.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

}  // namespace outrigger::iptables

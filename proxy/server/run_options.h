// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/admin/rows.h"
#include "proxy/base/log.h"

namespace outrigger::server {

// The settings of `outrigger run`. Each has a flag, an environment variable and a line in
// /server_info.
struct RunOptions {
  enum class TerminationMode : uint8_t { kAuto, kApplication, kIstio, kSessions };
  enum class RunAs : uint8_t { kAuto, kSidecar, kStandalone };

  std::string config_path;
  size_t concurrency = 0;  // 0: the CPUs allowed
  log::Level log_level = log::Level::kInfo;
  std::chrono::seconds drain_time{5};
  TerminationMode termination = TerminationMode::kAuto;
  std::optional<std::chrono::seconds> termination_limit;
  std::vector<uid_t> termination_ignored_uids;
  RunAs run_as = RunAs::kAuto;
  uint64_t sessions_max = 0;             // 0: limits::kSessionsMax
  std::vector<admin::Setting> settings;  // all of the above as text, with where each came from
};

// Reads flags and environment. On --help or a mistake, what is to be printed and returned comes in
// `exit_code` and the text has been printed already.
struct ParsedRunOptions {
  RunOptions options;
  std::optional<int> exit_code;
};
ParsedRunOptions ParseRunOptions(int argc, char** argv);

}  // namespace outrigger::server

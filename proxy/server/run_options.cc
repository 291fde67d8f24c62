// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/run_options.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <CLI/CLI.hpp>

namespace outrigger::server {
namespace {

using TerminationMode = RunOptions::TerminationMode;
using RunAs = RunOptions::RunAs;

constexpr const char* kFooter = R"(Examples:
  outrigger run -c config/examples/tcp-load-balancer.yaml
  outrigger run -c /etc/outrigger/pod.yaml --concurrency 2 --log-level debug
  OUTRIGGER_TERMINATION=istio outrigger run -c pod.yaml --drain-time-s 30

Signals: SIGTERM and SIGINT end the process as --termination says, SIGHUP opens log files anew.
Exit status: 0 after a signal, 1 when the start fails (one sentence on stderr says why).)";

const std::map<std::string, TerminationMode>& TerminationModes() {
  static const auto* modes =
      new std::map<std::string, TerminationMode>{{"auto", TerminationMode::kAuto},
                                                 {"application", TerminationMode::kApplication},
                                                 {"istio", TerminationMode::kIstio},
                                                 {"sessions", TerminationMode::kSessions}};
  return *modes;
}

const std::map<std::string, RunAs>& RunAsModes() {
  static const auto* modes = new std::map<std::string, RunAs>{
      {"auto", RunAs::kAuto}, {"sidecar", RunAs::kSidecar}, {"standalone", RunAs::kStandalone}};
  return *modes;
}

struct RawOptions {
  uint32_t drain_time_s = 5;
  uint32_t termination_limit_s = 0;
  std::string log_level = "info";
};

void AddOptions(CLI::App& app, RunOptions& options, RawOptions& raw) {
  app.add_option("-c,--config", options.config_path, "Envoy v3 bootstrap, YAML or JSON")
      ->envname("OUTRIGGER_CONFIG")
      ->required();
  app.add_option("--concurrency", options.concurrency,
                 "worker threads; 0: as many as CPUs are allowed (affinity and cgroup quota)")
      ->envname("OUTRIGGER_CONCURRENCY")
      ->default_str("0")
      ->check(CLI::Range(0, 256));
  app.add_option("-l,--log-level", raw.log_level,
                 "trace, debug, info, warning, error, critical or off")
      ->envname("OUTRIGGER_LOG_LEVEL")
      ->check(
          CLI::IsMember({"trace", "debug", "info", "warning", "warn", "error", "critical", "off"}))
      ->capture_default_str();
  app.add_option("--drain-time-s", raw.drain_time_s, "seconds that SIGTERM leaves to sessions")
      ->envname("OUTRIGGER_DRAIN_TIME_S")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option(
         "--termination", options.termination,
         "auto, or what SIGTERM waits for: application (until it has closed its TCP sockets; the "
         "default of a sidecar), "
         "sessions (no new ones, until they end or the drain time is over; the default "
         "standalone), istio (the "
         "drain time, then the end, as Istio's agent)")
      ->envname("OUTRIGGER_TERMINATION")
      ->transform(CLI::CheckedTransformer(TerminationModes()))
      ->type_name("MODE")
      ->default_str("auto");
  app.add_option("--termination-limit-s", raw.termination_limit_s,
                 "application: wait no longer than this; 0: no limit")
      ->envname("OUTRIGGER_TERMINATION_LIMIT_S")
      ->default_str("0")
      ->check(CLI::Range(0, 86400));
  app.add_option("--termination-ignore-uid", options.termination_ignored_uids,
                 "application: sockets of these users do not count")
      ->envname("OUTRIGGER_TERMINATION_IGNORE_UID")
      ->delimiter(',');
  app.add_option(
         "--run-as", options.run_as,
         "sidecar or standalone; auto: sidecar when a listener uses the original destination")
      ->envname("OUTRIGGER_RUN_AS")
      ->transform(CLI::CheckedTransformer(RunAsModes()))
      ->type_name("MODE")
      ->default_str("auto");
  app.add_option(
         "--sessions-max", options.sessions_max,
         "sessions at once; a connection beyond it is reset. 0: 100000, or what descriptors allow")
      ->envname("OUTRIGGER_SESSIONS_MAX")
      ->default_str("0");
}

bool IsOnCommandLine(const std::string& flag, int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [&](absl::string_view argument) {
    return argument == flag || absl::StartsWith(argument, absl::StrCat(flag, "="));
  });
}

// What /server_info shows. A flag beats the environment, as CLI11 has it.
std::vector<admin::Setting> DescribeSettings(const CLI::App& app, int argc, char** argv) {
  std::vector<admin::Setting> settings;
  for (const CLI::Option* option : app.get_options()) {
    const std::string environment = option->get_envname();
    if (environment.empty()) continue;  // --help
    admin::Setting setting{
        .name = option->get_lnames().front(),
        .value = option->count() == 0 ? option->get_default_str() : option->as<std::string>(),
        .source = "default",
        .flag = absl::StrCat("--", option->get_lnames().front()),
        .environment = environment};
    if (option->count() != 0) {
      const auto& short_names = option->get_snames();
      const bool by_flag =
          IsOnCommandLine(setting.flag, argc, argv) ||
          std::any_of(short_names.begin(), short_names.end(), [&](const std::string& name) {
            return std::any_of(argv + 1, argv + argc, [&](absl::string_view argument) {
              return absl::StartsWith(argument, absl::StrCat("-", name));
            });
          });
      setting.source = by_flag ? "flag" : "environment";
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace

ParsedRunOptions ParseRunOptions(int argc, char** argv) {
  ParsedRunOptions parsed;
  RawOptions raw;
  CLI::App app("Runs the proxy.", "outrigger run");
  app.footer(kFooter);
  AddOptions(app, parsed.options, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    parsed.exit_code = code == 0 ? 0 : 1;
    return parsed;
  }
  parsed.options.settings = DescribeSettings(app, argc, argv);
  parsed.options.drain_time = std::chrono::seconds(raw.drain_time_s);
  if (raw.termination_limit_s != 0) {
    parsed.options.termination_limit = std::chrono::seconds(raw.termination_limit_s);
  }
  parsed.options.log_level = log::ParseLevel(raw.log_level).value_or(log::Level::kInfo);
  return parsed;
}

}  // namespace outrigger::server

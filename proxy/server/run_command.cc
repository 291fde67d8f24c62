// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/run_command.h"

#include <signal.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "proxy/base/log.h"
#include "proxy/server/run_options.h"
#include "proxy/server/server.h"
#include "xds/file_source.h"

namespace outrigger::server {
namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "outrigger run: %s\n", std::string(status.message()).c_str());
  return 1;
}

// SIG_BLOCK or SIG_UNBLOCK for the signals that Server watches. Blocked they wait, or go with the
// process: without that, one that comes while the watchers are made or unmade would kill it.
void MaskSignals(int how) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  pthread_sigmask(how, &set, nullptr);
}

}  // namespace

int RunCommand(int argc, char** argv) {
  const auto started = std::chrono::steady_clock::now();
  ParsedRunOptions parsed = ParseRunOptions(argc, argv);
  if (parsed.exit_code.has_value()) return *parsed.exit_code;
  log::SetLevel(parsed.options.log_level);
  // Before there is a thread: all others inherit this, so only the main thread is ever interrupted.
  MaskSignals(SIG_BLOCK);

  absl::StatusOr<xds::LoadedBootstrap> loaded = xds::LoadBootstrapFile(parsed.options.config_path);
  if (!loaded.ok()) return Fail(loaded.status());
  for (const std::string& warning : loaded->warnings) {
    LOG(kWarning, kConfig, warning);
  }
  log::StartAsync();
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Create(std::move(parsed.options), *std::move(loaded), started);
  if (server.ok()) {
    MaskSignals(SIG_UNBLOCK);
    (*server)->Run();
    MaskSignals(SIG_BLOCK);
    server->reset();
  }
  log::Stop();
  return server.ok() ? 0 : Fail(server.status());
}

}  // namespace outrigger::server

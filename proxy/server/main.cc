// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>

#include "absl/strings/string_view.h"

#include "iptables/command.h"
#include "proxy/base/crash_handler.h"
#include "proxy/server/run_command.h"
#include "proxy/server/validate_command.h"
#include "proxy/server/version.h"

namespace {

struct Subcommand {
  absl::string_view name;
  int (*run)(int argc, char** argv);
  const char* summary;
};

constexpr std::array<Subcommand, 4> kSubcommands = {{
    {"run", outrigger::server::RunCommand, "run the proxy with a configuration file"},
    {"validate", outrigger::server::ValidateCommand, "check configuration files"},
    {"iptables", outrigger::iptables::IptablesCommand,
     "put the redirect rules in, check them or take them out"},
    {"version", outrigger::server::VersionCommand, "print the version"},
}};

void PrintUsage(std::FILE* out) {
  std::fputs(
      "outrigger: an L4 sidecar proxy for stateful applications\n\n"
      "Usage: outrigger COMMAND [OPTIONS]\n\n",
      out);
  for (const Subcommand& command : kSubcommands) {
    std::fprintf(out, "  %-10s %s\n", command.name.data(), command.summary);
  }
  std::fputs(
      "\n`outrigger COMMAND --help` tells the options of a command.\n\nExamples:\n"
      "  outrigger run -c config/examples/tcp-load-balancer.yaml\n"
      "  outrigger validate config/examples/istio-pod.yaml\n"
      "  outrigger iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -b '*' -d "
      "15090,15021,15020 --dry-run\n",
      out);
}

}  // namespace

int main(int argc, char** argv) {
  outrigger::InstallCrashHandler(argv[0]);
  const absl::string_view name = argc > 1 ? argv[1] : "";
  for (const Subcommand& command : kSubcommands) {
    if (command.name == name) return command.run(argc - 1, argv + 1);
  }
  if (name == "--help" || name == "-h" || name == "help") {
    PrintUsage(stdout);
    return 0;
  }
  if (name == "--version") return outrigger::server::VersionCommand(argc - 1, argv + 1);
  if (!name.empty()) {
    std::fprintf(stderr, "outrigger: \"%s\" is not a command; see `outrigger --help`\n", argv[1]);
  } else {
    PrintUsage(stderr);
  }
  return 1;
}

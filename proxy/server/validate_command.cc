// SPDX-License-Identifier: Apache-2.0
//
// The adapter around CLI11, which throws.
#include "proxy/server/validate_command.h"

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "xds/file_source.h"
#include "xds/reference.h"

#include <CLI/CLI.hpp>

namespace outrigger::server {
namespace {

constexpr int kFailure = 1;

constexpr const char* kFooter = R"(Examples:
  outrigger validate config/examples/tcp-load-balancer.yaml
  outrigger validate /etc/outrigger/*.yaml && echo all good
  outrigger validate --reference > config/REFERENCE.md

Errors go to stderr, one "file:line: path: value: what was expected" a line; warnings, which say what is ignored, too.
Exit status: 0 when all files are good, 1 otherwise.)";

bool ValidateFile(const std::string& path) {
  const absl::StatusOr<xds::LoadedBootstrap> loaded = xds::LoadBootstrapFile(path);
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", std::string(loaded.status().message()).c_str());
    return false;
  }
  for (const std::string& warning : loaded->warnings) {
    std::fprintf(stderr, "%s (warning)\n", warning.c_str());
  }
  std::printf("%s: OK\n", path.c_str());
  return true;
}

}  // namespace

int ValidateCommand(int argc, char** argv) {
  std::vector<std::string> paths;
  bool reference = false;
  CLI::App app("Check configuration files: Envoy v3 bootstraps, YAML or JSON",
               "outrigger validate");
  app.add_option("FILE", paths, "files to check");
  app.add_flag("--reference", reference, "print the reference of all settings, in Markdown");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kFailure;
  }
  if (reference) {
    std::fputs(xds::FormatReference().c_str(), stdout);
    return 0;
  }
  if (paths.empty()) {
    std::fputs("outrigger validate: expected at least one FILE; see `outrigger validate --help`\n",
               stderr);
    return kFailure;
  }
  bool all_good = true;
  for (const std::string& path : paths) all_good = ValidateFile(path) && all_good;
  return all_good ? 0 : kFailure;
}

}  // namespace outrigger::server

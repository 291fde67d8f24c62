// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/version.h"

#include <cstdio>

namespace outrigger::server {

absl::string_view Version() { return OUTRIGGER_VERSION; }
absl::string_view Revision() { return OUTRIGGER_REVISION; }

absl::string_view BuildType() {
#ifdef NDEBUG
  return "release";
#else
  return "debug";
#endif
}

int VersionCommand(int argc, char** argv) {
  const absl::string_view option = argc > 1 ? argv[1] : "";
  if (option == "--help" || option == "-h") {
    std::puts(
        "Usage: outrigger version [--short]\n\nExamples:\n  outrigger version\n  outrigger version "
        "--short");
    return 0;
  }
  if (option == "--short") {
    std::puts(OUTRIGGER_VERSION);
    return 0;
  }
  if (!option.empty()) {
    std::fprintf(stderr,
                 "outrigger version: unknown option \"%s\"; see `outrigger version --help`\n",
                 argv[1]);
    return 1;
  }
  std::printf("outrigger %s revision %s %s\n", OUTRIGGER_VERSION, OUTRIGGER_REVISION,
              BuildType().data());
  return 0;
}

}  // namespace outrigger::server

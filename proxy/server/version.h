// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/strings/string_view.h"

namespace outrigger::server {

// "0.1.0", and the git revision that was built ("unknown" outside a checkout).
absl::string_view Version();
absl::string_view Revision();
// "release" or "debug".
absl::string_view BuildType();

// `outrigger version`: one line; `--short` prints the version alone.
int VersionCommand(int argc, char** argv);

}  // namespace outrigger::server

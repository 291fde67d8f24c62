// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/bootstrap.h"

namespace outrigger::xds {

struct LoadedBootstrap {
  config::Bootstrap bootstrap;
  // "<file>:<line>: <path>: <value>: <what is ignored>", one each.
  std::vector<std::string> warnings;
};

// Reads an envoy.config.bootstrap.v3.Bootstrap in YAML or JSON. The error's message lists
// everything that is wrong with the file, one "<file>:<line>: <path>: <value>: <what was expected>"
// a line.
absl::StatusOr<LoadedBootstrap> LoadBootstrapFile(const std::string& path);

// The same for text that is there already; `name` stands for the file in messages. `descriptor_set`
// is the path of the API's descriptor set, or empty: then the text is held to the compiled-in
// subset.
absl::StatusOr<LoadedBootstrap> LoadBootstrapText(absl::string_view text, const std::string& name,
                                                  const std::string& descriptor_set);

}  // namespace outrigger::xds

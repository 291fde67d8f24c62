// SPDX-License-Identifier: Apache-2.0
//
// The adapter around yaml-cpp: text in, a bounded tree out. JSON is read too, being YAML.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "xds/yaml_document.h"

namespace outrigger::xds {

// Limits of a configuration file, checked while reading, so that no file makes us slow or large.
// Size: 10,000 clusters written out take 3 MB.
inline constexpr size_t kConfigBytesMax = size_t{8} * 1024 * 1024;
// Signs that may begin or end a value ("[]{},:"): yaml-cpp reads ahead to the end of a bracket, at
// 130 bytes and a microsecond a token. A usual file has one in ten to twenty bytes.
inline constexpr size_t kYamlSignsMax = 1'000'000;
// Nesting: the deepest field in our scope is at 22; policies may nest some 30 deeper.
inline constexpr size_t kYamlDepthMax = 100;
// Values after all aliases are expanded.
inline constexpr size_t kYamlNodesMax = 1'000'000;

// Reads one document. What makes it unreadable (syntax, a limit, a key given twice) ends the
// reading: the error is one sentence "<name>:<line>: ...".
absl::StatusOr<YamlDocument> ParseYaml(absl::string_view text, const std::string& name);

}  // namespace outrigger::xds

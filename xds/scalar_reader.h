// SPDX-License-Identifier: Apache-2.0
//
// Text of YAML scalars to values, as protobuf's JSON form has them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "xds/yaml_document.h"

namespace outrigger::xds {

// Whole numbers in decimal: no sign but '-', no leading zeros (some readers take 010 for 8), no
// blanks.
std::optional<int64_t> ParseSigned(absl::string_view text);
std::optional<uint64_t> ParseUnsigned(absl::string_view text);
// JSON's numbers, and "NaN", "Infinity", "-Infinity".
std::optional<double> ParseDouble(absl::string_view text);
// true and false; YAML's yes, no, on, off too, as Envoy.
std::optional<bool> ParseBool(absl::string_view text);

struct SecondsAndNanos {
  int64_t seconds = 0;
  int32_t nanos = 0;  // of the same sign
  friend bool operator==(const SecondsAndNanos&, const SecondsAndNanos&) = default;
};
// "5s", "0.25s", "-1s": within google.protobuf.Duration's 10,000 years.
std::optional<SecondsAndNanos> ParseDuration(absl::string_view text);
// RFC 3339: "2021-04-13T10:00:00Z".
std::optional<SecondsAndNanos> ParseTimestamp(absl::string_view text);

// Unquoted text that YAML readers, Envoy's among them, take for a number or a boolean: not usable
// where text is expected.
bool LooksLikeOtherType(const YamlNode& scalar);

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
//
// What each field of the API means to us: the one table behind refusals, the configuration
// reference and its test. A field of our protobuf subset that is missing here fails a test.
#pragma once

#include <span>

#include "absl/strings/string_view.h"

namespace outrigger::xds {

enum class Support {
  kServed,    // does what the API says, but for `difference`
  kAccepted,  // read and checked; has no effect here and needs none
  kIgnored,   // ignored with a warning
  kRefused,   // an error: without it, bytes would go elsewhere, in another form, or past a security
              // rule
};

struct Setting {
  absl::string_view message;  // full name
  absl::string_view field;
  Support support;
  absl::string_view default_value;  // empty: none
  absl::string_view effect;         // of a refused or ignored one: the message to the user
  absl::string_view difference;     // from Envoy; empty: none
};

// All rows of one file, in the order of the reference.
std::span<const Setting> BootstrapSettings();
std::span<const Setting> ListenerSettings();
std::span<const Setting> ClusterSettings();
std::span<const Setting> AccessLogSettings();

// Null if the table has no such field.
const Setting* FindSetting(absl::string_view message, absl::string_view field);

}  // namespace outrigger::xds

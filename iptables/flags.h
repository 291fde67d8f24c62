// SPDX-License-Identifier: Apache-2.0
//
// The flags of Istio's `istio-iptables`, as one table: the parser, the environment, --help and the
// documents all read it.
#pragma once

#include <map>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace outrigger::iptables {

struct FlagSpec {
  enum class Kind { kText, kSwitch };
  absl::string_view name;
  char short_name = 0;
  Kind kind = Kind::kText;
  absl::string_view default_text;
  // A second environment variable; it wins over the one that is named after the flag.
  absl::string_view alias;
  absl::string_view help;
  bool from_environment = true;
};

// All flags that carry a setting. Istio's logging flags are accepted besides, by command_line.cc.
std::span<const FlagSpec> Flags();

// "istio-service-cidr" -> "ISTIO_SERVICE_CIDR".
std::string EnvironmentName(absl::string_view flag);

// What the command line gave: long name -> text. Switches are "true" or "false".
using FlagValues = std::map<std::string, std::string, std::less<>>;

}  // namespace outrigger::iptables

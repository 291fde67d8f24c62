// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

#include "iptables/options.h"

namespace outrigger::iptables {

// Exit status of a failed validation. istio-cni's repair controller looks for it.
inline constexpr int kValidationExitStatus = 126;

// Whether redirection works, tried with a real connection: from the loopback address to 127.0.0.6
// (or ::6) and the probe port, which must arrive at the proxy's outbound or inbound port. Only a
// process of the proxy's user or group can see that, since the rule that redirects it is the one
// for that user. Takes up to options.probe_timeout.
absl::Status ValidateRedirection(const Options& options);

}  // namespace outrigger::iptables

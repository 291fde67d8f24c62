// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "iptables/options.h"

namespace outrigger::iptables {

// Environment, addresses, /etc/passwd, /etc/group and /etc/resolv.conf of this machine. The files
// are read as they are: the name service could ask the network, which is not ready when an init
// container runs.
absl::StatusOr<HostFacts> ReadHostFacts();

// Moves the process into the network namespace with that path, unless it is in it already.
absl::Status EnterNetworkNamespace(const std::string& path);

}  // namespace outrigger::iptables

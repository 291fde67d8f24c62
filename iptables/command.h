// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger::iptables {

// `outrigger iptables ...`, a drop-in for Istio's `istio-iptables`. argv[0] is the subcommand's
// name. Returns the exit status: 0, 1 on any failure, 126 if --run-validation finds that
// redirection does not work.
int IptablesCommand(int argc, char** argv);

}  // namespace outrigger::iptables

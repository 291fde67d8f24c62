// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "iptables/options.h"

namespace outrigger::iptables {

// Words of a command line -> flag values, for tests: "-u", "--proxy-uid", "--dual-stack=false".
// Aborts on anything else.
FlagValues FlagsFromWords(const std::vector<std::string>& words);

// A machine with `addresses` and Debian's users "daemon" and "nogroup".
HostFacts FactsWithAddresses(const std::vector<std::string>& addresses);

}  // namespace outrigger::iptables

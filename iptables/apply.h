// SPDX-License-Identifier: Apache-2.0
//
// Brings the kernel's rules to what the options say, all or nothing: every table of every family is
// checked before the first one is loaded, what was loaded is taken back when a later one fails, and
// what is there in the end is read back and compared.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "iptables/options.h"

namespace outrigger::iptables {

struct ApplyReport {
  BackEnd back_end = BackEnd::kNft;
  // False if everything was in place already.
  bool changed = false;
  // What iptables-save prints in the end, both families.
  std::string final_state;
};

// Converges: a second call changes nothing, one with other options replaces the rules. The back end
// is the forced one, else the one in which chains of ours are, else nft; chains of ours in the
// other one are removed. With `cleanup_only` all is removed.
absl::StatusOr<ApplyReport> ApplyRules(const Options& options);

}  // namespace outrigger::iptables

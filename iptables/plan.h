// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "iptables/options.h"
#include "iptables/saved_state.h"
#include "iptables/xtables.h"

namespace outrigger::iptables {

// The programs of one family and back end together with the rules that they are to hold in the end.
struct Part {
  Xtables tool;
  // Empty: everything of ours goes.
  std::vector<TableRules> wanted;
  // The rules of the present options, whether wanted here or not: they tell which rules without a
  // chain of ours are ours.
  std::vector<TableRules> known;
};

struct Plan {
  BackEnd back_end = BackEnd::kNft;
  // In the order in which they are loaded: what is wanted first, then what is cleaned up.
  std::vector<Part> parts;
};

// Finds the programs, chooses the back end and says what belongs where. Changes nothing.
absl::StatusOr<Plan> MakePlan(const Options& options);

// One table of one part that is not as it should be.
struct Step {
  const Xtables* tool = nullptr;
  std::string table;
  std::string change;
  // The input that takes the change back.
  std::string undo;
};

// What is to be loaded for `part`; with `force` also tables that are as they should be.
std::vector<Step> StepsOf(const Part& part, bool force);

// An error that names the first difference between what is wanted and what the kernel holds (after
// Xtables::Refresh).
absl::Status VerifyPart(const Part& part);

}  // namespace outrigger::iptables

// SPDX-License-Identifier: Apache-2.0
//
// What is in the kernel, as iptables-save prints it, and how to get from there to what is wanted.
// Pure.
//
// The change is one input for `iptables-restore --noflush` per table, which the kernel takes or
// refuses as a whole: there is no moment without capture, and rules of others in the chains of the
// kernel's own are not touched.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "iptables/rules.h"

namespace outrigger::iptables {

using Rules = std::vector<std::string>;
// Chain -> its rules as text, without "-A CHAIN".
using SavedTable = std::map<std::string, Rules>;
// Table name -> chains.
using SavedTables = std::map<std::string, SavedTable>;

SavedTables ParseSaved(absl::string_view saved);

// Some chain of ours is there.
bool HasOurChains(const SavedTables& tables);

// A rule of ours in a chain of the kernel's own. `position` counts from 1; 0 is the end.
struct EntryRule {
  std::string chain;
  size_t position = 0;
  std::string text;
};

// All that is ours in one table.
struct OwnRules {
  std::map<std::string, Rules> chains;
  std::vector<EntryRule> entries;
  bool empty() const { return chains.empty() && entries.empty(); }
};

OwnRules WantedRules(const TableRules& table, Family family);

// What is ours of `saved`: chains named ISTIO_*, the jumps to them, and the rules for excluded and
// virtual interfaces. The latter name no chain of ours: they count when they come in the pairs that
// -c makes, stand beside the redirection that -k makes, or are wanted now, and only while chains of
// ours are there.
OwnRules FindOwnRules(const SavedTable& saved, const OwnRules& wanted);

// The same rules in the same order. Positions among rules of others do not count, nor does the way
// in which a version of iptables orders or abbreviates the matches of a rule.
bool SameRules(const OwnRules& a, const OwnRules& b);

// The restore input that turns `present` into `wanted`.
std::string FormatChange(absl::string_view table, const OwnRules& present, const OwnRules& wanted);

// The first difference as a phrase, for an error message: what was wanted and what is there.
std::string DescribeDifference(const OwnRules& present, const OwnRules& wanted);

}  // namespace outrigger::iptables

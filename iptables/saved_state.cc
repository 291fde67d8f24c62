// SPDX-License-Identifier: Apache-2.0
#include "iptables/saved_state.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "iptables/restore_format.h"

namespace outrigger::iptables {
namespace {

std::vector<absl::string_view> Words(absl::string_view text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

bool IsOurs(absl::string_view chain) { return absl::StartsWith(chain, kChainPrefix); }

absl::string_view JumpTarget(absl::string_view rule) {
  const std::vector<absl::string_view> words = Words(rule);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-j" || words[i] == "-g") return words[i + 1];
  }
  return "";
}

// The interface X of a rule that is exactly "<flag> X -j RETURN", else nothing.
absl::string_view ReturningInterface(absl::string_view rule, absl::string_view flag) {
  const std::vector<absl::string_view> words = Words(rule);
  const bool matches =
      words.size() == 4 && words[0] == flag && words[2] == "-j" && words[3] == "RETURN";
  return matches ? words[1] : "";
}

std::set<absl::string_view> ReturningInterfaces(const SavedTable& saved, const std::string& chain,
                                                absl::string_view flag) {
  std::set<absl::string_view> names;
  const auto found = saved.find(chain);
  if (found == saved.end()) return names;
  for (const std::string& rule : found->second) {
    const absl::string_view name = ReturningInterface(rule, flag);
    if (!name.empty()) names.insert(name);
  }
  return names;
}

// Interfaces whose incoming traffic goes to a chain of ours: those of -k.
std::set<absl::string_view> VirtualInterfaces(const SavedTable& saved) {
  std::set<absl::string_view> names;
  const auto found = saved.find("PREROUTING");
  if (found == saved.end()) return names;
  for (const std::string& rule : found->second) {
    const std::vector<absl::string_view> words = Words(rule);
    const auto flag = std::find(words.begin(), words.end(), "-i");
    if (IsOurs(JumpTarget(rule)) && flag != words.end() && flag + 1 != words.end())
      names.insert(*(flag + 1));
  }
  return names;
}

class Ownership {
 public:
  Ownership(const SavedTable& saved, const OwnRules& wanted)
      : wanted_(wanted),
        returning_in_(ReturningInterfaces(saved, "PREROUTING", "-i")),
        returning_out_(ReturningInterfaces(saved, "OUTPUT", "-o")),
        virtual_(VirtualInterfaces(saved)),
        chains_of_ours_(std::any_of(saved.begin(), saved.end(),
                                    [](const auto& chain) { return IsOurs(chain.first); })) {}

  bool Owns(const std::string& chain, const std::string& rule) const {
    if (IsOurs(JumpTarget(rule))) return true;
    if (!chains_of_ours_) return false;
    for (const EntryRule& entry : wanted_.entries) {
      if (entry.chain == chain && entry.text == rule) return true;
    }
    const absl::string_view in = chain == "PREROUTING" ? ReturningInterface(rule, "-i") : "";
    const absl::string_view out = chain == "OUTPUT" ? ReturningInterface(rule, "-o") : "";
    if (!in.empty()) return returning_out_.contains(in) || virtual_.contains(in);
    return !out.empty() && returning_in_.contains(out);
  }

 private:
  const OwnRules& wanted_;
  std::set<absl::string_view> returning_in_;
  std::set<absl::string_view> returning_out_;
  std::set<absl::string_view> virtual_;
  bool chains_of_ours_;
};

// A rule as a sorted set of "flag value" with the match names left out: equal for all versions of
// iptables-save.
std::vector<std::string> Essence(absl::string_view rule) {
  std::vector<std::string> parts;
  bool negated = false;
  const std::vector<absl::string_view> words = Words(rule);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "!") {
      negated = true;
    } else if (words[i] == "-m") {
      ++i;
    } else if (absl::StartsWith(words[i], "-")) {
      parts.push_back(absl::StrCat(negated ? "! " : "", words[i]));
      negated = false;
    } else if (!parts.empty()) {
      absl::StrAppend(&parts.back(), " ", words[i]);
    }
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

bool SameRule(const std::string& a, const std::string& b) {
  return a == b || Essence(a) == Essence(b);
}

// Chain -> our rules in it, in order: chains of ours whole, of the others our entries.
std::map<std::string, Rules> ByChain(const OwnRules& rules) {
  std::map<std::string, Rules> chains = rules.chains;
  for (const EntryRule& entry : rules.entries) chains[entry.chain].push_back(entry.text);
  return chains;
}

}  // namespace

SavedTables ParseSaved(absl::string_view saved) {
  SavedTables tables;
  SavedTable* table = nullptr;
  for (absl::string_view line : absl::StrSplit(saved, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&line, "*")) {
      table = &tables[std::string(line)];
    } else if (table != nullptr && absl::ConsumePrefix(&line, ":")) {
      (*table)[std::string(line.substr(0, line.find(' ')))];
    } else if (table != nullptr && absl::ConsumePrefix(&line, "-A ")) {
      const size_t blank = std::min(line.find(' '), line.size());
      (*table)[std::string(line.substr(0, blank))].emplace_back(
          absl::StripLeadingAsciiWhitespace(line.substr(blank)));
    }
  }
  return tables;
}

bool HasOurChains(const SavedTables& tables) {
  for (const auto& [name, table] : tables) {
    for (const auto& [chain, rules] : table) {
      if (IsOurs(chain)) return true;
    }
  }
  return false;
}

OwnRules WantedRules(const TableRules& table, Family family) {
  OwnRules wanted;
  for (const std::string& chain : table.chains) wanted.chains[chain];
  std::map<std::string, size_t> front;
  for (const Rule& rule : table.rules) {
    std::string text = FormatRule(rule, family);
    if (IsOurs(rule.chain)) {
      wanted.chains[rule.chain].push_back(std::move(text));
    } else {
      const size_t position = rule.place == Rule::Place::kFront ? ++front[rule.chain] : 0;
      wanted.entries.push_back({rule.chain, position, std::move(text)});
    }
  }
  return wanted;
}

OwnRules FindOwnRules(const SavedTable& saved, const OwnRules& wanted) {
  const Ownership ownership(saved, wanted);
  OwnRules own;
  for (const auto& [chain, rules] : saved) {
    if (IsOurs(chain)) {
      own.chains[chain] = rules;
      continue;
    }
    for (size_t i = 0; i < rules.size(); ++i) {
      if (ownership.Owns(chain, rules[i])) own.entries.push_back({chain, i + 1, rules[i]});
    }
  }
  return own;
}

bool SameRules(const OwnRules& a, const OwnRules& b) { return DescribeDifference(a, b).empty(); }

std::string FormatChange(absl::string_view table, const OwnRules& present, const OwnRules& wanted) {
  std::string text = absl::StrCat("*", table, "\n");
  // Creates the chain, or empties it if it is there.
  for (const auto& [chain, rules] : wanted.chains) absl::StrAppend(&text, ":", chain, " - [0:0]\n");
  for (const auto& [chain, rules] : present.chains) {
    if (!wanted.chains.contains(chain)) absl::StrAppend(&text, "-F ", chain, "\n");
  }
  for (const EntryRule& entry : present.entries)
    absl::StrAppend(&text, "-D ", entry.chain, " ", entry.text, "\n");
  for (const auto& [chain, rules] : wanted.chains) {
    for (const std::string& rule : rules) absl::StrAppend(&text, "-A ", chain, " ", rule, "\n");
  }
  for (const EntryRule& entry : wanted.entries) {
    if (entry.position == 0) {
      absl::StrAppend(&text, "-A ", entry.chain, " ", entry.text, "\n");
    } else {
      absl::StrAppend(&text, "-I ", entry.chain, " ", entry.position, " ", entry.text, "\n");
    }
  }
  for (const auto& [chain, rules] : present.chains) {
    if (!wanted.chains.contains(chain)) absl::StrAppend(&text, "-X ", chain, "\n");
  }
  return absl::StrCat(text, "COMMIT\n");
}

std::string DescribeDifference(const OwnRules& present, const OwnRules& wanted) {
  for (const auto& [chain, rules] : present.chains) {
    if (!wanted.chains.contains(chain))
      return absl::StrCat("chain ", chain, " is there and is not wanted");
  }
  for (const auto& [chain, rules] : wanted.chains) {
    if (!present.chains.contains(chain)) return absl::StrCat("chain ", chain, " is missing");
  }
  const std::map<std::string, Rules> there = ByChain(present);
  for (const auto& [chain, rules] : ByChain(wanted)) {
    const auto found = there.find(chain);
    const Rules none;
    const Rules& present_rules = found == there.end() ? none : found->second;
    for (size_t i = 0; i < std::max(rules.size(), present_rules.size()); ++i) {
      const std::string expected = i < rules.size() ? rules[i] : "nothing";
      const std::string actual = i < present_rules.size() ? present_rules[i] : "nothing";
      if (!SameRule(expected, actual)) {
        return absl::StrCat("rule ", i + 1, " of ours in ", chain, " is \"", actual,
                            "\" and not \"", expected, "\"");
      }
    }
  }
  for (const auto& [chain, rules] : there) {
    if (!IsOurs(chain) && !ByChain(wanted).contains(chain)) {
      return absl::StrCat("chain ", chain, " holds \"", rules.front(), "\", which is not wanted");
    }
  }
  return "";
}

}  // namespace outrigger::iptables

// SPDX-License-Identifier: Apache-2.0
#include "iptables/plan.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "iptables/restore_format.h"
#include "proxy/base/status_macros.h"

namespace outrigger::iptables {
namespace {

constexpr std::array kFamilies = {Family::kIpv4, Family::kIpv6};
constexpr std::array kBackEnds = {BackEnd::kNft, BackEnd::kLegacy};

using Tools = std::map<std::pair<BackEnd, Family>, absl::StatusOr<Xtables>>;

Tools FindTools(const Options& options) {
  std::vector<std::string> environment;
  if (options.cni_mode && !options.network_namespace.empty()) {
    environment.push_back(absl::StrCat("XTABLES_LOCKFILE=", options.network_namespace));
  }
  Tools tools;
  for (const BackEnd back_end : kBackEnds) {
    for (const Family family : kFamilies) {
      tools.emplace(std::pair(back_end, family), Xtables::Find(family, back_end, environment));
    }
  }
  return tools;
}

bool HoldsOurChains(const absl::StatusOr<Xtables>& tool) {
  return tool.ok() && HasOurChains(tool->saved());
}

absl::StatusOr<BackEnd> ChooseBackEnd(const Options& options, const Tools& tools) {
  if (options.forced_back_end) return *options.forced_back_end;
  for (const auto& [key, tool] : tools) {
    if (HoldsOurChains(tool)) return key.first;
  }
  for (const BackEnd back_end : kBackEnds) {
    const absl::StatusOr<Xtables>& tool = tools.at({back_end, Family::kIpv4});
    if (tool.ok()) return back_end;
    // A program that is there and fails says more than one that is missing.
    if (!absl::IsNotFound(tool.status())) return tool.status();
  }
  return absl::NotFoundError(
      "neither iptables-nft-save nor iptables-legacy-save nor iptables-save is in PATH; install "
      "iptables here");
}

absl::Status Missing(const absl::Status& status, const Options& options, Family family) {
  if (family == Family::kIpv4 || !absl::IsNotFound(status)) return status;
  return absl::NotFoundError(
      absl::StrCat(status.message(), "; the pod has the IPv6 address ",
                   options.host_address ? options.host_address->Format() : "",
                   ", so install ip6tables here or give the pod no IPv6 address"));
}

// All tables that either side knows.
std::set<std::string> TableNames(const Part& part) {
  std::set<std::string> names;
  for (const auto& [name, table] : part.tool.saved()) names.insert(name);
  for (const TableRules& table : part.wanted) names.insert(std::string(TableName(table.table)));
  return names;
}

OwnRules RulesOf(const std::vector<TableRules>& tables, const std::string& name, Family family) {
  for (const TableRules& table : tables) {
    if (TableName(table.table) == name) return WantedRules(table, family);
  }
  return {};
}

OwnRules PresentRules(const Part& part, const std::string& name) {
  const auto saved = part.tool.saved().find(name);
  if (saved == part.tool.saved().end()) return {};
  return FindOwnRules(saved->second, RulesOf(part.known, name, part.tool.family()));
}

}  // namespace

absl::StatusOr<Plan> MakePlan(const Options& options) {
  const Tools tools = FindTools(options);
  Plan plan;
  ASSIGN_OR_RETURN(plan.back_end, ChooseBackEnd(options, tools));
  for (const Family family : kFamilies) {
    const absl::StatusOr<Xtables>& tool = tools.at({plan.back_end, family});
    std::vector<TableRules> rules = BuildRules(options, family);
    const bool needed = !rules.empty() && !options.cleanup_only;
    if (!tool.ok() && (needed || family == Family::kIpv4))
      return Missing(tool.status(), options, family);
    if (!tool.ok()) continue;
    plan.parts.push_back({*tool, options.cleanup_only ? std::vector<TableRules>() : rules, rules});
  }
  for (const auto& [key, tool] : tools) {
    if (key.first == plan.back_end || !HoldsOurChains(tool)) continue;
    plan.parts.push_back({*tool, {}, BuildRules(options, key.second)});
  }
  return plan;
}

std::vector<Step> StepsOf(const Part& part, bool force) {
  std::vector<Step> steps;
  for (const std::string& name : TableNames(part)) {
    const OwnRules present = PresentRules(part, name);
    const OwnRules wanted = RulesOf(part.wanted, name, part.tool.family());
    const bool forced = force && !wanted.empty();
    if (SameRules(present, wanted) && !forced) continue;
    steps.push_back({&part.tool, name, FormatChange(name, present, wanted),
                     FormatChange(name, wanted, present)});
  }
  return steps;
}

absl::Status VerifyPart(const Part& part) {
  for (const std::string& name : TableNames(part)) {
    const std::string difference = DescribeDifference(
        PresentRules(part, name), RulesOf(part.wanted, name, part.tool.family()));
    if (difference.empty()) continue;
    return absl::InternalError(absl::StrCat("after loading the ", FamilyName(part.tool.family()),
                                            " rules (", BackEndName(part.tool.back_end()),
                                            ") table ", name, " is not as wanted: ", difference));
  }
  return absl::OkStatus();
}

}  // namespace outrigger::iptables

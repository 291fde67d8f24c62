// SPDX-License-Identifier: Apache-2.0
#include "iptables/command.h"

#include <cstdio>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "iptables/apply.h"
#include "iptables/command_line.h"
#include "iptables/host_facts.h"
#include "iptables/options.h"
#include "iptables/restore_format.h"
#include "iptables/rules.h"
#include "iptables/validation.h"
#include "iptables/xtables.h"
#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"

namespace outrigger::iptables {
namespace {

constexpr int kFailure = 1;

int Report(const absl::Status& status, int exit_status) {
  std::fprintf(stderr, "outrigger iptables: %s\n", std::string(status.message()).c_str());
  return exit_status;
}

// "debug" or "default:debug,dns:info": what is said for everything or for the scope "default".
void SetLogLevel(const std::string& text) {
  for (const absl::string_view item : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const size_t colon = item.find(':');
    const absl::string_view scope =
        colon == absl::string_view::npos ? "default" : item.substr(0, colon);
    const auto level =
        log::ParseLevel(colon == absl::string_view::npos ? item : item.substr(colon + 1));
    if (level && (scope == "default" || scope == "all")) log::SetLevel(*level);
  }
}

void PrintRules(const Options& options) {
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    std::string text;
    for (const TableRules& table : BuildRules(options, family))
      absl::StrAppend(&text, FormatTable(table, family));
    if (text.empty()) continue;
    std::printf("# %s: input of %s-restore --noflush\n%s", std::string(FamilyName(family)).c_str(),
                family == Family::kIpv4 ? "iptables" : "ip6tables", text.c_str());
  }
}

absl::Status Apply(const Options& options) {
  if (options.dry_run) {
    if (!options.cleanup_only) PrintRules(options);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const ApplyReport report, ApplyRules(options));
  const char* const done = options.cleanup_only ? "rules removed" : "rules loaded";
  LOG(kInfo, kMain, report.changed ? done : "rules were as wanted, nothing changed",
      {"back_end", BackEndName(report.back_end)}, {"ipv6", options.ipv6 ? "on" : "off"});
  std::fputs(report.final_state.c_str(), stdout);
  return absl::OkStatus();
}

absl::StatusOr<ParsedOptions> ReadOptions(const CommandLine& line) {
  ASSIGN_OR_RETURN(HostFacts facts, ReadHostFacts());
  const std::string network_namespace = NetworkNamespace(line.flags, facts);
  if (!network_namespace.empty()) {
    RETURN_IF_ERROR(EnterNetworkNamespace(network_namespace));
    ASSIGN_OR_RETURN(facts, ReadHostFacts());
  }
  ASSIGN_OR_RETURN(ParsedOptions parsed, ParseOptions(line.flags, facts));
  RETURN_IF_ERROR(RestrictToSupported(parsed));
  return parsed;
}

}  // namespace

int IptablesCommand(int argc, char** argv) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.ok()) return Report(line.status(), kFailure);
  if (line->help) {
    std::fputs(line->help->c_str(), stdout);
    return 0;
  }
  SetLogLevel(line->log_output_level);
  const absl::StatusOr<ParsedOptions> parsed = ReadOptions(*line);
  if (!parsed.ok()) return Report(parsed.status(), kFailure);
  for (const std::string& warning : parsed->warnings) LOG(kWarning, kMain, warning);
  const Options& options = parsed->options;
  if (!options.skip_rule_apply) {
    const absl::Status applied = Apply(options);
    if (!applied.ok()) return Report(applied, kFailure);
  }
  if (options.run_validation) {
    const absl::Status valid = ValidateRedirection(options);
    if (!valid.ok()) return Report(valid, kValidationExitStatus);
  }
  return 0;
}

}  // namespace outrigger::iptables

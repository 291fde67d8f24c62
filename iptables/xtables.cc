// SPDX-License-Identifier: Apache-2.0
#include "iptables/xtables.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "iptables/program.h"
#include "proxy/base/status_macros.h"

namespace outrigger::iptables {
namespace {

// Only the legacy back end has a lock; Istio waits as long.
constexpr absl::string_view kLockWaitSeconds = "30";

std::string PlainProgram(Family family) {
  return family == Family::kIpv4 ? "iptables" : "ip6tables";
}

// The lines that say something, joined: iptables adds advice about --help.
std::string Essential(absl::string_view errors) {
  std::vector<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(errors, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && !absl::StartsWith(line, "Try `")) lines.push_back(line);
  }
  return absl::StrJoin(lines, "; ");
}

absl::Status Failure(absl::string_view program, const ProgramResult& result) {
  const std::string message = absl::StrCat(program, " failed with status ", result.exit_status,
                                           ": ", Essential(result.errors));
  const bool permission = absl::StrContains(result.errors, "ermission denied") ||
                          absl::StrContains(result.errors, "you must be root") ||
                          absl::StrContains(result.errors, "Operation not permitted");
  if (permission) {
    return absl::PermissionDeniedError(absl::StrCat(
        message, "; changing iptables rules takes root or the capabilities NET_ADMIN and NET_RAW"));
  }
  return absl::FailedPreconditionError(message);
}

// The line of `text` that the message speaks of ("Error occurred at line: 3", "line 3 failed"), for
// a reader without the input.
std::string BlamedLine(absl::string_view errors, absl::string_view text) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(errors, absl::ByAnyChar(" :\n"), absl::SkipEmpty());
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    size_t number = 0;
    if (words[i] == "line" && absl::SimpleAtoi(words[i + 1], &number) && number >= 1 &&
        number <= lines.size()) {
      return absl::StrCat(" (", lines[number - 1], ")");
    }
  }
  return "";
}

}  // namespace

absl::string_view FamilyName(Family family) { return family == Family::kIpv4 ? "IPv4" : "IPv6"; }

absl::string_view BackEndName(BackEnd back_end) {
  return back_end == BackEnd::kNft ? "nft" : "legacy";
}

Xtables::Xtables(Family family, BackEnd back_end, std::string program,
                 std::vector<std::string> environment)
    : family_(family),
      back_end_(back_end),
      program_(std::move(program)),
      environment_(std::move(environment)) {}

absl::StatusOr<Xtables> Xtables::Find(Family family, BackEnd back_end,
                                      std::vector<std::string> environment) {
  const std::string plain = PlainProgram(family);
  const std::string suffixed = absl::StrCat(plain, "-", BackEndName(back_end));
  Xtables found(family, back_end, suffixed, std::move(environment));
  absl::Status status = found.Refresh();
  if (!absl::IsNotFound(status)) {
    if (!status.ok()) return status;
    return found;
  }
  const auto version =
      RunProgram({absl::StrCat(plain, "-save"), "--version"}, "", found.environment_);
  if (version.ok()) {
    const BackEnd is =
        absl::StrContains(version->output, "nf_tables") ? BackEnd::kNft : BackEnd::kLegacy;
    found.program_ = plain;
    if (is == back_end) status = found.Refresh();
    if (is == back_end && status.ok()) return found;
  }
  if (!absl::IsNotFound(status)) return status;
  return absl::NotFoundError(absl::StrCat("program ", suffixed, "-save (or ", plain,
                                          "-save with the ", BackEndName(back_end),
                                          " back end) is not in PATH"));
}

absl::Status Xtables::Refresh() {
  const std::string program = absl::StrCat(program_, "-save");
  ASSIGN_OR_RETURN(ProgramResult result, RunProgram({program}, "", environment_));
  if (result.exit_status != 0) return Failure(program, result);
  saved_text_ = std::move(result.output);
  saved_ = ParseSaved(saved_text_);
  return absl::OkStatus();
}

absl::Status Xtables::Restore(absl::string_view text, bool check_only) const {
  const std::string program = absl::StrCat(program_, "-restore");
  std::vector<std::string> words = {program, "--noflush"};
  if (back_end_ == BackEnd::kLegacy)
    words.insert(words.end(), {"--wait", std::string(kLockWaitSeconds)});
  if (check_only) words.emplace_back("--test");
  ASSIGN_OR_RETURN(ProgramResult result, RunProgram(words, text, environment_));
  if (result.exit_status == 0) return absl::OkStatus();
  const std::string line = BlamedLine(result.errors, text);
  const absl::Status failure = Failure(program, result);
  return absl::Status(failure.code(), absl::StrCat(failure.message(), line));
}

}  // namespace outrigger::iptables

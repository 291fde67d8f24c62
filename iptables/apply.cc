// SPDX-License-Identifier: Apache-2.0
#include "iptables/apply.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "iptables/loopback_address.h"
#include "iptables/plan.h"
#include "proxy/base/log.h"
#include "proxy/base/status_macros.h"

namespace outrigger::iptables {
namespace {

std::string StepName(const Step& step) {
  return absl::StrCat(FamilyName(step.tool->family()), " table ", step.table, " (",
                      BackEndName(step.tool->back_end()), ")");
}

absl::Status WithContext(const absl::Status& status, absl::string_view context) {
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

// Takes back what was loaded, last first. What cannot be taken back is said: a half-applied state
// must not be silent.
std::string UndoSteps(const std::vector<Step>& steps, size_t loaded) {
  std::string failures;
  while (loaded > 0) {
    const Step& step = steps[--loaded];
    const absl::Status status = step.tool->Restore(step.undo, false);
    if (!status.ok())
      absl::StrAppend(&failures, "; taking back ", StepName(step),
                      " failed too: ", status.message());
  }
  return failures.empty() ? "; nothing was changed" : failures;
}

absl::Status CheckSteps(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const absl::Status status = step.tool->Restore(step.change, true);
    if (!status.ok()) {
      const std::string context = absl::StrCat("checking the rules of ", StepName(step));
      return WithContext(
          absl::Status(status.code(), absl::StrCat(status.message(), "; nothing was changed")),
          context);
    }
  }
  return absl::OkStatus();
}

absl::Status VerifyParts(std::vector<Part>& parts) {
  for (Part& part : parts) {
    RETURN_IF_ERROR(part.tool.Refresh());
    RETURN_IF_ERROR(VerifyPart(part));
  }
  return absl::OkStatus();
}

// Loads all steps and reads the result back; on failure everything is as before.
absl::Status LoadSteps(const std::vector<Step>& steps, std::vector<Part>& parts) {
  for (size_t i = 0; i < steps.size(); ++i) {
    const absl::Status status = steps[i].tool->Restore(steps[i].change, false);
    if (!status.ok()) {
      const std::string undone = UndoSteps(steps, i);
      return WithContext(absl::Status(status.code(), absl::StrCat(status.message(), undone)),
                         absl::StrCat("loading the rules of ", StepName(steps[i])));
    }
    LOG(kDebug, kMain, "rules loaded", {"table", StepName(steps[i])});
  }
  const absl::Status verified = VerifyParts(parts);
  if (verified.ok()) return verified;
  return absl::Status(verified.code(),
                      absl::StrCat(verified.message(), UndoSteps(steps, steps.size())));
}

// ::6 comes before the rules: without it they would let IPv6 connections in that the proxy cannot
// pass on.
absl::Status LoadWithAddress(const Options& options, const std::vector<Step>& steps,
                             std::vector<Part>& parts) {
  bool added = false;
  if (options.ipv6 && !options.cleanup_only) {
    absl::StatusOr<bool> result = AddInboundSourceAddress();
    if (!result.ok()) return WithContext(result.status(), "nothing was changed");
    added = *result;
  }
  absl::Status status = LoadSteps(steps, parts);
  if (!status.ok() && added) {
    const absl::Status removed = RemoveInboundSourceAddress();
    if (!removed.ok())
      status = absl::Status(status.code(), absl::StrCat(status.message(), "; ", removed.message()));
  }
  if (status.ok() && options.cleanup_only) status = RemoveInboundSourceAddress();
  return status;
}

}  // namespace

absl::StatusOr<ApplyReport> ApplyRules(const Options& options) {
  ASSIGN_OR_RETURN(Plan plan, MakePlan(options));
  std::vector<Step> steps;
  for (const Part& part : plan.parts) {
    for (Step& step : StepsOf(part, options.force_apply)) steps.push_back(std::move(step));
  }
  RETURN_IF_ERROR(CheckSteps(steps));
  RETURN_IF_ERROR(LoadWithAddress(options, steps, plan.parts));
  ApplyReport report = {.back_end = plan.back_end, .changed = !steps.empty()};
  for (const Part& part : plan.parts) {
    if (part.tool.back_end() == plan.back_end)
      absl::StrAppend(&report.final_state, part.tool.saved_text());
  }
  return report;
}

}  // namespace outrigger::iptables

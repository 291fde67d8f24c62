// SPDX-License-Identifier: Apache-2.0
#include "proxy/session/close_reason.h"

#include "absl/strings/str_cat.h"

namespace outrigger::session {
namespace {

absl::string_view WhoName(Who who) {
  switch (who) {
    case Who::kDownstream:
      return "downstream";
    case Who::kUpstream:
      return "upstream";
    case Who::kProxy:
      return "proxy";
    case Who::kAdmin:
      return "admin";
  }
  return "";
}

absl::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kStart:
      return "start";
    case Phase::kMatch:
      return "match";
    case Phase::kDecide:
      return "decide";
    case Phase::kConnect:
      return "connect";
    case Phase::kRelay:
      return "relay";
  }
  return "";
}

absl::string_view FlagName(Flag flag) {
  switch (flag) {
    case Flag::kNone:
      return "-";
    case Flag::kNoFilterChain:
      return "NR";
    case Flag::kNoCluster:
      return "NC";
    case Flag::kNoHealthyUpstream:
      return "UH";
    case Flag::kUpstreamFailure:
      return "UF";
    case Flag::kLocalFailure:
      return "URX";
    case Flag::kDurationExceeded:
      return "DT";
    case Flag::kIdleTimeout:
      return "IDLE";
    case Flag::kReset:
      return "RST";
    case Flag::kLoop:
      return "LOOP";
    case Flag::kOwnPort:
      return "SELF";
    case Flag::kSessionLimit:
      return "LIMIT";
    case Flag::kDescriptors:
      return "FDS";
    case Flag::kShutdown:
      return "EXIT";
  }
  return "";
}

}  // namespace

absl::string_view ResponseFlags(Flag flag) {
  switch (flag) {
    case Flag::kNoFilterChain:
    case Flag::kNoCluster:
    case Flag::kNoHealthyUpstream:
    case Flag::kLocalFailure:
    case Flag::kDurationExceeded:
      return FlagName(flag);
    case Flag::kUpstreamFailure:
      // One attempt is all there is, so a failed one has also used the attempts up.
      return "UF,URX";
    case Flag::kNone:
    case Flag::kIdleTimeout:
    case Flag::kReset:
    case Flag::kLoop:
    case Flag::kOwnPort:
    case Flag::kSessionLimit:
    case Flag::kDescriptors:
    case Flag::kShutdown:
      return "";
  }
  return "";
}

absl::string_view ResponseCodeDetails(Flag flag) {
  return flag == Flag::kNoFilterChain ? "filter_chain_not_found" : "";
}

std::string FormatCloseReason(const CloseReason& reason) {
  return absl::StrCat(FlagName(reason.flag), "_", WhoName(reason.who), "/",
                      PhaseName(reason.phase));
}

}  // namespace outrigger::session

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace outrigger::session {

// Who ended the session.
enum class Who : uint8_t { kDownstream, kUpstream, kProxy, kAdmin };

// How far it had come (the order of functions in session.cc).
enum class Phase : uint8_t { kStart, kMatch, kDecide, kConnect, kRelay };

// Why. The first group has Envoy's letters and shows in %RESPONSE_FLAGS%; the second is ours, shown
// only in the close reason.
enum class Flag : uint8_t {
  kNone,               // a normal end: both sides have finished
  kNoFilterChain,      // NR: no filter chain matches
  kNoCluster,          // NC: the chain names a cluster that does not exist
  kNoHealthyUpstream,  // UH: the cluster has no endpoint to use, or the original destination is not
                       // known
  kUpstreamFailure,    // UF,URX: refused, unreachable or timed out while connecting
  kLocalFailure,       // URX: no local port or source address left to dial from
  kDurationExceeded,   // DT: max_downstream_connection_duration
  kIdleTimeout,        // IDLE: a configured idle_timeout
  kReset,              // RST: the side named by Who reset the connection
  kLoop,               // LOOP: a dial of ours that came back to us
  kOwnPort,            // SELF: aimed at a listening port of this proxy
  kSessionLimit,       // LIMIT: the process has all the sessions it may have
  kDescriptors,        // FDS: no descriptor for the upstream socket
  kShutdown,           // EXIT: the process ends
};

struct CloseReason {
  Who who = Who::kProxy;
  Phase phase = Phase::kStart;
  Flag flag = Flag::kNone;
};

// What %RESPONSE_FLAGS% prints: "UF,URX"; empty for none. Never DC or UC: Envoy has them for HTTP
// only.
absl::string_view ResponseFlags(Flag flag);
// What %RESPONSE_CODE_DETAILS% prints, or empty.
absl::string_view ResponseCodeDetails(Flag flag);
// One token: "UF_upstream/connect", "-_downstream/relay".
std::string FormatCloseReason(const CloseReason& reason);

}  // namespace outrigger::session

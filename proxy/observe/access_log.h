// SPDX-License-Identifier: Apache-2.0
//
// One access log line per ended session: a substitution format (text or JSON) filled in from a
// SessionRecord. What an operator prints, and what it prints when it does not apply, was compared
// with Envoy 1.40 value by value.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

#include "config/access_log.h"
#include "proxy/observe/session_record.h"

namespace outrigger::observe {

// The name that %HOSTNAME% prints, read from the kernel: once at start, for no name ever changes
// under a running pod.
std::string ReadHostname();

// Whether `log` has no filter on response flags, or one that this session passes.
bool WantsLine(const config::AccessLog& log, const SessionRecord& record);

// The line as it goes into the file. Text formats bring their own line end; JSON gets one. An
// operator that we do not know, or that has no meaning for TCP, prints "-" (JSON: null; with
// omit_empty_values: nothing).
std::string FormatLine(const config::AccessLog& log, const SessionRecord& record,
                       absl::string_view hostname);

}  // namespace outrigger::observe

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

#include "config/access_log.h"
#include "proxy/observe/session_record.h"

namespace outrigger::observe {

// What an operator stands for in one line: nothing, a number or a text. Text is as it came, not yet
// escaped.
using OperatorValue = std::variant<std::monostate, uint64_t, std::string>;

// Whether we know `name` at all. Formats with other operators are accepted (they print "-"); the
// reader may warn.
bool IsKnownOperator(absl::string_view name);

// Requires: `piece` is an operator. A length in the format (`:64`) has been applied.
OperatorValue EvaluateOperator(const config::FormatPiece& piece, const SessionRecord& record,
                               absl::string_view hostname);

}  // namespace outrigger::observe

// SPDX-License-Identifier: Apache-2.0
//
// Propagation of absl::Status. Debian's abseil has no such macros.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expression)                      \
  do {                                                   \
    ::absl::Status outrigger_status = (expression);      \
    if (!outrigger_status.ok()) return outrigger_status; \
  } while (false)

#define OUTRIGGER_CONCAT_INNER(a, b) a##b
#define OUTRIGGER_CONCAT(a, b) OUTRIGGER_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(auto socket, Socket::Create(...));
#define ASSIGN_OR_RETURN(target, expression) \
  OUTRIGGER_ASSIGN_OR_RETURN(OUTRIGGER_CONCAT(outrigger_result_, __LINE__), target, expression)
// NOLINTBEGIN(bugprone-macro-parentheses): `target` may be a declaration, which takes none.
#define OUTRIGGER_ASSIGN_OR_RETURN(result, target, expression) \
  auto result = (expression);                                  \
  if (!(result).ok()) return std::move(result).status();       \
  target = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)

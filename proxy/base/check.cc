// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace outrigger {

void CheckFailed(const char* file, int line, const char* expression, absl::string_view details) {
  // stdio, not the logger: the logger's own thread may be what is broken.
  std::fprintf(stderr, "%s:%d: check failed: %s %.*s\n", file, line, expression,
               static_cast<int>(details.size()), details.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace outrigger

// SPDX-License-Identifier: Apache-2.0
//
// CHECK and DCHECK: for our own bugs only, never for what a peer, a file or the kernel can cause.
// A failed check prints file, line, the expression and the extra values, then aborts (the signal
// handler that main installs adds a stack trace).
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace outrigger {

[[noreturn]] void CheckFailed(const char* file, int line, const char* expression,
                              absl::string_view details);

}  // namespace outrigger

// CHECK(condition, values...): the values are passed to absl::StrCat.
#define CHECK(condition, ...)                                                                \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      ::outrigger::CheckFailed(__FILE__, __LINE__, #condition, ::absl::StrCat(__VA_ARGS__)); \
    }                                                                                        \
  } while (false)

// The same for loops that are too hot to pay for it: compiled out in release builds.
#ifdef NDEBUG
#define DCHECK(condition, ...)  \
  do {                          \
    (void)sizeof(!(condition)); \
  } while (false)
#else
#define DCHECK(condition, ...) CHECK(condition __VA_OPT__(, ) __VA_ARGS__)
#endif

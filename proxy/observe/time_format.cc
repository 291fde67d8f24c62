// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/time_format.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace outrigger::observe {
namespace {

constexpr absl::string_view kDefaultFormat = "%Y-%m-%dT%H:%M:%S.%3fZ";

// Replaces what absl::FormatTime does not know, or knows differently, by its digits.
std::string ReplaceEnvoySpecifiers(absl::string_view format, int64_t seconds,
                                   absl::string_view fraction) {
  std::string replaced;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      replaced += format[i];
      continue;
    }
    const char next = format[++i];
    if (next == 's') {
      absl::StrAppend(&replaced, seconds);
    } else if (next == 'f') {
      absl::StrAppend(&replaced, fraction);
    } else if (next >= '1' && next <= '9' && i + 1 < format.size() && format[i + 1] == 'f') {
      absl::StrAppend(&replaced, fraction.substr(0, static_cast<size_t>(next - '0')));
      ++i;
    } else {
      replaced += '%';
      replaced += next;
    }
  }
  return replaced;
}

}  // namespace

std::string FormatTime(std::chrono::system_clock::time_point time, absl::string_view format) {
  if (format.empty()) format = kDefaultFormat;
  const int64_t nanoseconds = absl::ToUnixNanos(absl::FromChrono(time));
  constexpr int64_t kPerSecond = 1'000'000'000;
  // Rounded down, so that the fraction of a time before 1970 is positive too.
  const int64_t seconds = (nanoseconds - (nanoseconds < 0 ? kPerSecond - 1 : 0)) / kPerSecond;
  const std::string fraction = absl::StrFormat("%09d", nanoseconds - seconds * kPerSecond);
  return absl::FormatTime(ReplaceEnvoySpecifiers(format, seconds, fraction), absl::FromChrono(time),
                          absl::UTCTimeZone());
}

}  // namespace outrigger::observe

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "absl/strings/string_view.h"

namespace outrigger::observe {

// `time` in UTC under a format of %START_TIME(...)%: strftime's, and Envoy's %s (seconds since
// 1970), %f (nine digits of the second's fraction), %1f to %9f. Empty means Istio's and Envoy's
// default, 2006-01-02T15:04:05.000Z.
std::string FormatTime(std::chrono::system_clock::time_point time, absl::string_view format);

}  // namespace outrigger::observe

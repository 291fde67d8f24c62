// SPDX-License-Identifier: Apache-2.0
//
// Envoy's substitution formats: "%START_TIME% %FILTER_STATE(key:PLAIN):64%\n". This side cuts them
// into pieces once; printing a piece is the access log's.
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/access_log.h"

namespace outrigger::config {

// Istio's default line, which is used where the configuration gives no format.
inline constexpr absl::string_view kDefaultTextFormat =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

// "%%" is a percent sign. A '%' that begins no operator is an error that names the place; an
// operator that we cannot print is none.
absl::StatusOr<Format> ParseFormat(absl::string_view text);

// Operators that the access log knows, sorted. HTTP's are among them: they print what Envoy prints
// for TCP.
std::span<const absl::string_view> KnownOperators();
bool IsKnownOperator(absl::string_view operator_name);

}  // namespace outrigger::config

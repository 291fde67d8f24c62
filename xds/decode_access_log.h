// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/repeated_field.h"

#include "config/access_log.h"
#include "config/field_path.h"
#include "config/findings.h"

#include "envoy/config/accesslog/v3/accesslog.pb.h"

namespace outrigger::xds {

// The repeated field `field` at `path`. Loggers that are not served are left out with a warning:
// what is not seen does no harm.
std::vector<config::AccessLogPtr> DecodeAccessLogs(
    const google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog>& logs,
    absl::string_view field, const config::FieldPath& path, config::Findings& findings);

}  // namespace outrigger::xds

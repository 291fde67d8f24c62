// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/endpoint.h"
#include "config/field_path.h"
#include "config/findings.h"

#include "envoy/config/endpoint/v3/endpoint.pb.h"

namespace outrigger::xds {

// Requires: CheckMessage has seen `proto`.
config::LoadAssignment DecodeLoadAssignment(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& proto, const config::FieldPath& path,
    config::Findings& findings);

}  // namespace outrigger::xds

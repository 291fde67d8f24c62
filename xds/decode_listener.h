// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/field_path.h"
#include "config/findings.h"
#include "config/listener.h"

#include "envoy/config/listener/v3/listener.pb.h"

namespace outrigger::xds {

// Requires: CheckMessage has seen `proto`. With errors, `addresses` may be empty.
config::Listener DecodeListener(const envoy::config::listener::v3::Listener& proto,
                                const config::FieldPath& path, config::Findings& findings);

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/bootstrap.h"
#include "config/findings.h"

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace outrigger::xds {

// Checks and decodes the whole file, cross references included. With errors in `findings` the
// result is of no use.
config::Bootstrap DecodeBootstrap(const envoy::config::bootstrap::v3::Bootstrap& proto,
                                  config::Findings& findings);

}  // namespace outrigger::xds

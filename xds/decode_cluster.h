// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/cluster.h"
#include "config/field_path.h"
#include "config/findings.h"

#include "envoy/config/cluster/v3/cluster.pb.h"

namespace outrigger::xds {

// Requires: CheckMessage has seen `proto`.
config::Cluster DecodeCluster(const envoy::config::cluster::v3::Cluster& proto,
                              const config::FieldPath& path, config::Findings& findings);

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/field_path.h"
#include "config/filter_chain.h"
#include "config/findings.h"

#include "envoy/config/listener/v3/listener.pb.h"

namespace outrigger::xds {

config::FilterChain DecodeFilterChain(const envoy::config::listener::v3::FilterChain& proto,
                                      const config::FieldPath& path, config::Findings& findings);

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/field_path.h"
#include "config/filter_chain.h"
#include "config/findings.h"

#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"

namespace outrigger::xds {

config::TcpProxy DecodeTcpProxy(
    const envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy& proto,
    const config::FieldPath& path, config::Findings& findings);

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
//
// What several resources share: addresses, ranges, durations, keepalive, transport sockets. As all
// decoders: a mistake is an error in `findings` at `path`, and the result is what could be read, so
// that the rest is checked too.
#pragma once

#include <chrono>
#include <optional>

#include "google/protobuf/duration.pb.h"

#include "config/cidr.h"
#include "config/field_path.h"
#include "config/findings.h"
#include "config/socket_address.h"
#include "config/tcp_keepalive.h"

#include "envoy/config/core/v3/core.pb.h"

namespace outrigger::xds {

// None after an error.
std::optional<config::SocketAddress> DecodeSocketAddress(
    const envoy::config::core::v3::SocketAddress& address, const config::FieldPath& path,
    config::Findings& findings);
std::optional<config::SocketAddress> DecodeAddress(const envoy::config::core::v3::Address& address,
                                                   const config::FieldPath& path,
                                                   config::Findings& findings);
std::optional<config::Cidr> DecodeCidr(const envoy::config::core::v3::CidrRange& range,
                                       const config::FieldPath& path, config::Findings& findings);

// Rounded up to whole milliseconds, so that a short duration never becomes 0, which often means
// "none". Negative is an error.
std::chrono::milliseconds DecodeDuration(const google::protobuf::Duration& duration,
                                         const config::FieldPath& path, config::Findings& findings);

config::TcpKeepalive DecodeTcpKeepalive(const envoy::config::core::v3::TcpKeepalive& keepalive,
                                        const config::FieldPath& path, config::Findings& findings);

// Plain bytes, or an error.
void DecodeTransportSocket(const envoy::config::core::v3::TransportSocket& socket,
                           const config::FieldPath& path, config::Findings& findings);

}  // namespace outrigger::xds

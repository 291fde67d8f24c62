// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_core.h"

#include "absl/strings/str_cat.h"

#include "xds/typed_config.h"

#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::Findings;
using envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;

// What setsockopt takes: MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT of the kernel.
constexpr uint32_t kKeepaliveSecondsMax = 32767;
constexpr uint32_t kKeepaliveProbesMax = 127;
constexpr int kPortMax = 65535;

std::optional<uint32_t> DecodeBounded(const google::protobuf::UInt32Value& value, uint32_t max,
                                      const FieldPath& path, Findings& findings) {
  if (value.value() < 1 || value.value() > max) {
    findings.Error(path, absl::StrCat(value.value()), absl::StrCat("expected 1 to ", max));
    return std::nullopt;
  }
  return value.value();
}

}  // namespace

std::optional<config::SocketAddress> DecodeSocketAddress(
    const envoy::config::core::v3::SocketAddress& address, const FieldPath& path,
    Findings& findings) {
  if (address.protocol() != envoy::config::core::v3::SocketAddress::TCP) {
    findings.Error(path.Field("protocol"), "UDP", "is not supported: expected TCP");
  }
  if (address.address().empty()) return std::nullopt;  // an error of CheckMessage already
  const absl::StatusOr<config::IpAddress> ip = config::IpAddress::Parse(address.address());
  if (!ip.ok()) {
    findings.Error(path.Field("address"), address.address(),
                   "expected an IPv4 address, or an IPv6 address without brackets");
    return std::nullopt;
  }
  if (address.port_value() > kPortMax) return std::nullopt;
  return config::SocketAddress(*ip, static_cast<uint16_t>(address.port_value()));
}

std::optional<config::SocketAddress> DecodeAddress(const envoy::config::core::v3::Address& address,
                                                   const FieldPath& path, Findings& findings) {
  if (!address.has_socket_address()) return std::nullopt;
  return DecodeSocketAddress(address.socket_address(), path.Field("socket_address"), findings);
}

std::optional<config::Cidr> DecodeCidr(const envoy::config::core::v3::CidrRange& range,
                                       const FieldPath& path, Findings& findings) {
  if (range.address_prefix().empty()) return std::nullopt;
  const absl::StatusOr<config::IpAddress> ip = config::IpAddress::Parse(range.address_prefix());
  if (!ip.ok()) {
    findings.Error(path.Field("address_prefix"), range.address_prefix(),
                   "expected an IPv4 or IPv6 address");
    return std::nullopt;
  }
  const uint32_t length = range.prefix_len().value();
  if (length > static_cast<uint32_t>(ip->bits())) {
    findings.Error(
        path.Field("prefix_len"), absl::StrCat(length),
        absl::StrCat("expected 0 to ", ip->bits(), ", the bits of ", range.address_prefix()));
    return std::nullopt;
  }
  return *config::Cidr::Create(*ip, static_cast<int>(length));
}

std::chrono::milliseconds DecodeDuration(const google::protobuf::Duration& duration,
                                         const FieldPath& path, Findings& findings) {
  if (duration.seconds() < 0 || duration.nanos() < 0) {
    findings.Error(path, "expected a duration of 0s or more");
    return std::chrono::milliseconds{0};
  }
  // The wire can hold more than the type allows.
  constexpr int64_t kSecondsMax = 315'576'000'000;
  constexpr int32_t kNanosMax = 999'999'999;
  if (duration.seconds() > kSecondsMax || duration.nanos() > kNanosMax) {
    findings.Error(path, absl::StrCat(duration.seconds(), "s"),
                   "expected a duration of at most 315576000000s");
    return std::chrono::milliseconds{0};
  }
  constexpr int32_t kNanosPerMillisecond = 1'000'000;
  const int32_t rounded_up = (duration.nanos() + kNanosPerMillisecond - 1) / kNanosPerMillisecond;
  return std::chrono::seconds(duration.seconds()) + std::chrono::milliseconds(rounded_up);
}

config::TcpKeepalive DecodeTcpKeepalive(const envoy::config::core::v3::TcpKeepalive& keepalive,
                                        const FieldPath& path, Findings& findings) {
  config::TcpKeepalive decoded;
  if (keepalive.has_keepalive_probes()) {
    decoded.probes = DecodeBounded(keepalive.keepalive_probes(), kKeepaliveProbesMax,
                                   path.Field("keepalive_probes"), findings);
  }
  if (keepalive.has_keepalive_time()) {
    decoded.idle_seconds = DecodeBounded(keepalive.keepalive_time(), kKeepaliveSecondsMax,
                                         path.Field("keepalive_time"), findings);
  }
  if (keepalive.has_keepalive_interval()) {
    decoded.interval_seconds = DecodeBounded(keepalive.keepalive_interval(), kKeepaliveSecondsMax,
                                             path.Field("keepalive_interval"), findings);
  }
  return decoded;
}

void DecodeTransportSocket(const envoy::config::core::v3::TransportSocket& socket,
                           const FieldPath& path, Findings& findings) {
  const FieldPath typed_config = path.Field("typed_config");
  if (!Holds<RawBuffer>(socket.typed_config())) {
    RefuseExtension(socket.typed_config(), "transport socket", RawBuffer::descriptor()->full_name(),
                    typed_config, findings);
    return;
  }
  Unpack<RawBuffer>(socket.typed_config(), typed_config, findings);
}

}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_tcp_proxy.h"

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"

#include "xds/decode_access_log.h"
#include "xds/decode_core.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::Findings;
using TcpProxyProto = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

std::vector<config::WeightedCluster> DecodeClusters(const TcpProxyProto& proto,
                                                    const FieldPath& path, Findings& findings) {
  if (proto.has_cluster()) {
    if (proto.cluster().empty())
      findings.Error(path.Field("cluster"), "expected the name of a cluster");
    return {{.name = proto.cluster(), .weight = 1}};
  }
  std::vector<config::WeightedCluster> clusters;
  uint64_t sum = 0;
  for (const auto& cluster : proto.weighted_clusters().clusters()) {
    clusters.push_back({.name = cluster.name(), .weight = cluster.weight()});
    sum += cluster.weight();
  }
  if (sum > std::numeric_limits<uint32_t>::max()) {
    findings.Error(path.Field("weighted_clusters"), absl::StrCat(sum),
                   absl::StrCat("expected weights with a sum of at most ",
                                std::numeric_limits<uint32_t>::max()));
  }
  return clusters;
}

}  // namespace

config::TcpProxy DecodeTcpProxy(const TcpProxyProto& proto, const FieldPath& path,
                                Findings& findings) {
  config::TcpProxy decoded;
  decoded.stat_prefix = proto.stat_prefix();
  decoded.clusters = DecodeClusters(proto, path, findings);
  if (proto.has_idle_timeout()) {
    const auto timeout = DecodeDuration(proto.idle_timeout(), path.Field("idle_timeout"), findings);
    if (timeout.count() > 0) decoded.idle_timeout = timeout;
  }
  if (proto.has_max_downstream_connection_duration()) {
    decoded.max_downstream_connection_duration =
        DecodeDuration(proto.max_downstream_connection_duration(),
                       path.Field("max_downstream_connection_duration"), findings);
  }
  decoded.access_logs = DecodeAccessLogs(proto.access_log(), "access_log", path, findings);
  return decoded;
}

}  // namespace outrigger::xds

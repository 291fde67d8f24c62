// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_cluster.h"

#include <memory>
#include <optional>

#include "proxy/base/limits.h"
#include "xds/decode_core.h"
#include "xds/decode_endpoints.h"

namespace outrigger::xds {
namespace {

using config::ClusterType;
using config::FieldPath;
using config::Findings;
using config::LbPolicy;
using ClusterProto = envoy::config::cluster::v3::Cluster;
using BindProto = envoy::config::core::v3::BindConfig;

ClusterType DecodeType(const ClusterProto& proto, const FieldPath& path, Findings& findings) {
  if (proto.has_cluster_type() || proto.type() == ClusterProto::STATIC) return ClusterType::kStatic;
  if (proto.type() == ClusterProto::ORIGINAL_DST) return ClusterType::kOriginalDst;
  if (ClusterProto::DiscoveryType_IsValid(proto.type())) {
    findings.Error(path.Field("type"), ClusterProto::DiscoveryType_Name(proto.type()),
                   "this cluster type is not supported yet: expected STATIC or ORIGINAL_DST");
  }
  return ClusterType::kStatic;
}

LbPolicy DecodePolicy(const ClusterProto& proto, const FieldPath& path, Findings& findings) {
  switch (proto.lb_policy()) {
    case ClusterProto::LEAST_REQUEST:
      return LbPolicy::kLeastRequest;
    case ClusterProto::RANDOM:
      return LbPolicy::kRandom;
    case ClusterProto::CLUSTER_PROVIDED:
      return LbPolicy::kClusterProvided;
    case ClusterProto::RING_HASH:
    case ClusterProto::MAGLEV:
    case ClusterProto::LOAD_BALANCING_POLICY_CONFIG:
      findings.Warning(path.Field("lb_policy"), ClusterProto::LbPolicy_Name(proto.lb_policy()),
                       "is not supported yet: LEAST_REQUEST is used");
      return LbPolicy::kLeastRequest;
    default:
      return LbPolicy::kRoundRobin;
  }
}

void PutBindAddress(const std::optional<config::SocketAddress>& address, const FieldPath& path,
                    config::UpstreamBind& bind, Findings& findings) {
  if (!address) return;
  std::optional<config::SocketAddress>& slot = address->ip().is_ipv4() ? bind.ipv4 : bind.ipv6;
  if (slot) {
    findings.Error(path, address->Format(),
                   "expected an address of the other family than source_address");
    return;
  }
  slot = *address;
}

config::UpstreamBind DecodeBind(const BindProto& proto, const FieldPath& path, Findings& findings) {
  config::UpstreamBind bind;
  if (proto.has_source_address()) {
    const FieldPath source = path.Field("source_address");
    PutBindAddress(DecodeSocketAddress(proto.source_address(), source, findings), source, bind,
                   findings);
  }
  if (proto.extra_source_addresses_size() > 1) {
    findings.Error(path.Field("extra_source_addresses"), "expected at most one extra address");
  }
  for (int i = 0; i < proto.extra_source_addresses_size(); ++i) {
    const FieldPath element = path.Element("extra_source_addresses", static_cast<size_t>(i));
    const FieldPath address = element.Field("address");
    PutBindAddress(
        DecodeSocketAddress(proto.extra_source_addresses(i).address(), address, findings), address,
        bind, findings);
  }
  return bind;
}

// What the two types ask of the rest.
void CheckCombination(const ClusterProto& proto, const config::Cluster& cluster,
                      const FieldPath& path, Findings& findings) {
  const bool provided = cluster.lb_policy == LbPolicy::kClusterProvided;
  if (cluster.type == ClusterType::kOriginalDst) {
    if (!provided) {
      findings.Error(path.Field("lb_policy"), ClusterProto::LbPolicy_Name(proto.lb_policy()),
                     "expected CLUSTER_PROVIDED with type ORIGINAL_DST");
    }
    if (proto.has_load_assignment()) {
      findings.Error(path.Field("load_assignment"),
                     "expected none with type ORIGINAL_DST, which connects to wherever the "
                     "connection was going");
    }
  } else if (provided && proto.type() == ClusterProto::STATIC && !proto.has_cluster_type()) {
    findings.Error(path.Field("lb_policy"), "CLUSTER_PROVIDED",
                   "expected another policy with type STATIC");
  }
}

}  // namespace

config::Cluster DecodeCluster(const ClusterProto& proto, const FieldPath& path,
                              Findings& findings) {
  config::Cluster cluster;
  cluster.name = proto.name();
  cluster.alt_stat_name = proto.alt_stat_name();
  cluster.type = DecodeType(proto, path, findings);
  cluster.lb_policy = DecodePolicy(proto, path, findings);
  if (proto.least_request_lb_config().has_choice_count()) {
    cluster.least_request_choices = proto.least_request_lb_config().choice_count().value();
  }
  cluster.connect_timeout = limits::kConnectTimeout;
  if (proto.has_connect_timeout()) {
    cluster.connect_timeout =
        DecodeDuration(proto.connect_timeout(), path.Field("connect_timeout"), findings);
  }
  cluster.bind =
      DecodeBind(proto.upstream_bind_config(), path.Field("upstream_bind_config"), findings);
  if (proto.upstream_connection_options().has_tcp_keepalive()) {
    const FieldPath options = path.Field("upstream_connection_options");
    cluster.tcp_keepalive = DecodeTcpKeepalive(proto.upstream_connection_options().tcp_keepalive(),
                                               options.Field("tcp_keepalive"), findings);
  }
  if (proto.has_transport_socket()) {
    DecodeTransportSocket(proto.transport_socket(), path.Field("transport_socket"), findings);
  }
  if (cluster.type == ClusterType::kStatic) {
    cluster.load_assignment = std::make_shared<const config::LoadAssignment>(
        DecodeLoadAssignment(proto.load_assignment(), path.Field("load_assignment"), findings));
  }
  CheckCombination(proto, cluster, path, findings);
  return cluster;
}

}  // namespace outrigger::xds

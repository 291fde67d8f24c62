// SPDX-License-Identifier: Apache-2.0
#include "xds/decode_bootstrap.h"

#include <memory>

#include "config/validate.h"
#include "xds/check_message.h"
#include "xds/decode_cluster.h"
#include "xds/decode_core.h"
#include "xds/decode_listener.h"

namespace outrigger::xds {
namespace {

using config::FieldPath;
using config::Findings;
using StaticResourcesProto = envoy::config::bootstrap::v3::Bootstrap::StaticResources;

config::Snapshot DecodeStaticResources(const StaticResourcesProto& proto, const FieldPath& path,
                                       Findings& findings) {
  config::Snapshot snapshot;
  snapshot.version = "static";
  for (int i = 0; i < proto.listeners_size(); ++i) {
    const FieldPath element = path.Element("listeners", static_cast<size_t>(i));
    snapshot.listeners.push_back(std::make_shared<const config::Listener>(
        DecodeListener(proto.listeners(i), element, findings)));
  }
  for (int i = 0; i < proto.clusters_size(); ++i) {
    const FieldPath element = path.Element("clusters", static_cast<size_t>(i));
    snapshot.clusters.push_back(std::make_shared<const config::Cluster>(
        DecodeCluster(proto.clusters(i), element, findings)));
  }
  return snapshot;
}

}  // namespace

config::Bootstrap DecodeBootstrap(const envoy::config::bootstrap::v3::Bootstrap& proto,
                                  Findings& findings) {
  const FieldPath root;
  CheckMessage(proto, root, findings);
  config::Bootstrap bootstrap;
  bootstrap.node_id = proto.node().id();
  bootstrap.node_cluster = proto.node().cluster();
  if (proto.admin().has_address()) {
    const FieldPath admin = root.Field("admin");
    bootstrap.admin_address =
        DecodeAddress(proto.admin().address(), admin.Field("address"), findings);
  }
  const FieldPath resources = root.Field("static_resources");
  config::Snapshot snapshot = DecodeStaticResources(proto.static_resources(), resources, findings);
  config::ValidateSnapshot(snapshot, resources, findings);
  bootstrap.static_resources = std::make_shared<const config::Snapshot>(std::move(snapshot));
  return bootstrap;
}

}  // namespace outrigger::xds

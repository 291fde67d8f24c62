// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "config/snapshot.h"
#include "config/socket_address.h"

namespace outrigger::config {

// What is read once at start from an envoy.config.bootstrap.v3.Bootstrap. `static_resources` become
// the first snapshot.
struct Bootstrap {
  std::string node_id;
  std::string node_cluster;
  std::optional<SocketAddress> admin_address;  // absent: no admin port
  SnapshotPtr static_resources;                // never null
};

}  // namespace outrigger::config

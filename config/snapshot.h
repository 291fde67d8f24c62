// SPDX-License-Identifier: Apache-2.0
//
// All dynamic configuration as one immutable tree of shared parts. Whoever makes a new snapshot
// shares every part that did not change. Made off the workers; read by any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/cluster.h"
#include "config/listener.h"

namespace outrigger::config {

struct Snapshot {
  std::string version;
  std::vector<ListenerPtr> listeners;  // in the order of the file; names and addresses are unique
  std::vector<ClusterPtr> clusters;    // in the order of the file; names are unique
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace outrigger::config

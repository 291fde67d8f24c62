// SPDX-License-Identifier: Apache-2.0
//
// The JSON of the admin port: a thin adapter around nlohmann-json, which throws. Text that is not
// UTF-8 is printed with replacement characters.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "proxy/admin/rows.h"
#include "proxy/observe/stats_text.h"

namespace outrigger::admin {

// envoy.admin.v3.Listeners.
absl::StatusOr<std::string> ListenersJson(const std::vector<ListenerRow>& rows);
// envoy.admin.v3.Clusters.
absl::StatusOr<std::string> ClustersJson(const std::vector<ClusterRow>& rows);
// envoy.admin.v3.ServerInfo, and our own settings under "outrigger".
absl::StatusOr<std::string> ServerInfoJson(const ServerInfo& info,
                                           const observe::ServerNumbers& numbers);
absl::StatusOr<std::string> ConnectionsJson(const ConnectionList& list);

}  // namespace outrigger::admin

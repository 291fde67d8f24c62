// SPDX-License-Identifier: Apache-2.0
//
// Answers about what is configured and what is going on: listeners, clusters, connections. Text for
// people, `format=json` for programs (the first two as envoy.admin.v3 has them).
#pragma once

#include <vector>

#include "proxy/admin/http_request.h"
#include "proxy/admin/rows.h"

namespace outrigger::admin {

HttpResponse ListenersAnswer(const Target& target, const std::vector<ListenerRow>& rows);
HttpResponse ClustersAnswer(const Target& target, const std::vector<ClusterRow>& rows);
HttpResponse ConnectionsAnswer(const Target& target, ConnectionList list);

}  // namespace outrigger::admin

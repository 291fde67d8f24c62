// SPDX-License-Identifier: Apache-2.0
//
// Answers about the process as a whole: is it ready, what has it counted, how is it set up, how
// loudly does it log.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "proxy/admin/endpoints.h"
#include "proxy/admin/http_request.h"
#include "proxy/observe/stats_text.h"

namespace outrigger::admin {

// "LIVE" and 200, or another state's name and 503.
HttpResponse ReadyAnswer(observe::ServerState state);

HttpResponse ServerInfoAnswer(const ServerInfo& info, const observe::ServerNumbers& numbers);

// Sets levels as the query says (none: nothing changes) and lists them. A query that is wrong in
// any part changes nothing.
HttpResponse LoggingAnswer(const Target& target);

DrainOptions ParseDrainOptions(const Target& target);

// The page a browser gets: a link per endpoint, a button for those that change something.
HttpResponse IndexAnswer(const std::vector<Endpoint>& endpoints);

}  // namespace outrigger::admin

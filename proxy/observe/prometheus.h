// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

#include "proxy/observe/stats_text.h"

namespace outrigger::observe {

// A statistic's name split into what stays and the labels taken out of it.
struct TaggedName {
  std::string base;                                         // "cluster.upstream_cx_total"
  std::vector<std::pair<std::string, std::string>> labels;  // {"envoy_cluster_name", "web"}
};

// Envoy's default tag rules, as far as they meet names we have: cluster.<x>.*, tcp.<x>.*,
// listener.<address or x>.*. <x> ends at the first dot, so a name with dots loses only its first
// part to the label, exactly as in Envoy without `stats_tags`.
TaggedName ExtractTags(absl::string_view name);

// Text exposition format 0.0.4: families sorted by name, counters before gauges; never OpenMetrics,
// because the agent appends other text behind ours and an end mark would cut it off.
std::string FormatPrometheus(const std::vector<Sample>& samples);

}  // namespace outrigger::observe

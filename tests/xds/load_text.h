// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "xds/file_source.h"

namespace outrigger::xds {

inline absl::StatusOr<LoadedBootstrap> LoadText(absl::string_view text) {
  return LoadBootstrapText(text, "f", OUTRIGGER_DESCRIPTOR_SET);
}

// The lines of the error, empty if the text loads.
inline std::vector<std::string> LoadErrors(absl::string_view text) {
  const auto loaded = LoadText(text);
  if (loaded.ok()) return {};
  return absl::StrSplit(loaded.status().message(), '\n');
}

inline constexpr absl::string_view kTcpProxyType =
    "\"@type\": "
    "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

// A file with one listener of one chain and one cluster, each with room for more. Lines: address 3,
// `listener` 4, `match` 6, `tcp_proxy` 9, `cluster` 12.
struct Parts {
  std::string listener = "name: l";
  std::string match = "filter_chain_match: {}";
  std::string tcp_proxy = "cluster: c";
  std::string cluster = "type: STATIC";
  std::string extra;
};

inline std::string FileWith(const Parts& parts) {
  return absl::StrCat("static_resources:\n  listeners:\n",
                      "  - address: {socket_address: {address: 10.0.0.1, port_value: 80}}\n",
                      "    ", parts.listener, "\n",                                  // 4
                      "    filter_chains:\n    - ", parts.match, "\n",               // 6
                      "      filters:\n      - name: tcp\n        typed_config: {",  // 9
                      kTcpProxyType, ", stat_prefix: s, ", parts.tcp_proxy, "}\n",
                      "  clusters:\n  - name: c\n    ", parts.cluster, "\n",  // 12
                      parts.extra);
}

}  // namespace outrigger::xds

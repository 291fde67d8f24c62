// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "config/socket_address.h"

namespace outrigger::observe {

// What is known of a session when it ends: the input of an access log line. Filled by
// Session::Finish, and only if a log wants it. Views point into the session and its configuration,
// which outlive the call.
struct SessionRecord {
  uint64_t connection_id = 0;
  std::chrono::system_clock::time_point start_time;
  std::chrono::milliseconds duration{0};
  uint64_t bytes_received = 0;  // application bytes from downstream
  uint64_t bytes_sent = 0;      // application bytes to downstream
  config::SocketAddress downstream_remote;
  config::SocketAddress downstream_local;         // the original destination, where there was one
  config::SocketAddress downstream_direct_local;  // the accepted socket's own local address
  std::optional<config::SocketAddress> upstream_host;         // the chosen endpoint
  std::optional<config::SocketAddress> upstream_local;        // only once connected
  std::optional<std::chrono::milliseconds> connect_duration;  // dial to connected
  absl::string_view cluster;                                  // empty: none chosen
  absl::string_view cluster_stat_name;  // what statistics call it; empty: `cluster`
  absl::string_view listener;
  absl::string_view filter_chain;           // empty: none matched, or it has no name
  absl::string_view response_flags;         // Envoy's letters, comma-joined ("UF,URX"); empty: none
  absl::string_view response_code_details;  // "filter_chain_not_found" or empty
  std::string connection_termination_details;
  std::string upstream_transport_failure_reason;
  std::string
      close_reason;  // who, phase and flag as one token: "UF upstream/connect" is printed with "_"
};

}  // namespace outrigger::observe

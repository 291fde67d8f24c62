// SPDX-License-Identifier: Apache-2.0
//
// The data that the admin port shows, as plain values: a picture of the moment, taken by whoever
// owns the thing pictured.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "config/endpoint.h"
#include "config/socket_address.h"

namespace outrigger::admin {

struct ListenerRow {
  std::string name;
  // As bound: a port 0 of the configuration shows the kernel's choice. One that does not bind shows
  // what it stands for.
  std::vector<config::SocketAddress> addresses;
};

struct EndpointRow {
  config::SocketAddress address;
  std::string hostname;
  uint32_t weight = 1;
  uint32_t priority = 0;
  config::Locality locality;
  config::HealthStatus health = config::HealthStatus::kUnknown;
  uint64_t cx_active = 0;
  uint64_t cx_total = 0;
  uint64_t cx_connect_fail = 0;

  // One connection counts as one request, as Envoy counts TCP. The two numbers are not read at one
  // instant.
  uint64_t rq_total() const { return cx_total > cx_connect_fail ? cx_total - cx_connect_fail : 0; }
};

struct ClusterRow {
  std::string name;
  std::string observability_name;  // what statistics call it
  bool added_via_api = false;
  std::vector<EndpointRow>
      endpoints;  // none for an ORIGINAL_DST cluster: it has whatever is dialled
};

// How bytes of one direction travel just now.
enum class RelayMode : uint8_t { kNone, kCopy, kSplice };

constexpr absl::string_view RelayModeName(RelayMode mode) {
  switch (mode) {
    case RelayMode::kNone:
      return "none";
    case RelayMode::kCopy:
      return "copy";
    case RelayMode::kSplice:
      return "splice";
  }
  return "none";
}

struct ConnectionRow {
  uint64_t id = 0;
  uint64_t worker = 0;
  std::chrono::milliseconds age{0};
  std::string state;  // the phase it is in: "connect", "relay"
  config::SocketAddress downstream;
  std::optional<config::SocketAddress> original_destination;
  std::string listener;
  std::string filter_chain;
  std::string cluster;
  std::optional<config::SocketAddress> upstream;
  std::optional<config::SocketAddress> upstream_local;
  uint64_t bytes_received = 0;  // from downstream
  uint64_t bytes_sent = 0;      // to downstream
  RelayMode to_upstream = RelayMode::kNone;
  RelayMode to_downstream = RelayMode::kNone;
  // Not read from, because the other side does not take what we have already.
  bool downstream_paused = false;
  bool upstream_paused = false;
  // Has sent its FIN.
  bool downstream_ended = false;
  bool upstream_ended = false;
};

// For pairs of facts about the two sides: "-", "downstream", "upstream" or "both".
constexpr absl::string_view SideName(bool downstream, bool upstream) {
  if (downstream && upstream) return "both";
  return downstream ? "downstream" : upstream ? "upstream" : "-";
}

struct ConnectionList {
  std::vector<ConnectionRow> rows;  // at most limits::kConnectionsListedMax are printed
  uint64_t left_out = 0;            // sessions not in `rows`
  uint64_t workers_silent = 0;      // workers that did not answer in limits::kWorkerAnswerMax
};

// A setting of our own, as it is in force.
struct Setting {
  std::string name;
  std::string value;
  std::string source;       // "default", "flag", "environment"
  std::string flag;         // "--drain-time-s"
  std::string environment;  // "OUTRIGGER_DRAIN_TIME_S"
};

struct ServerInfo {
  std::string version;  // "<revision>/<version>/<status>/<type>/<TLS library>", the five parts that
                        // Envoy's clients expect
  std::string config_path;
  std::string log_level;
  uint64_t concurrency = 0;
  std::chrono::seconds drain_time{0};
  std::string node_id;
  std::string node_cluster;
  std::vector<Setting> settings;
};

}  // namespace outrigger::admin

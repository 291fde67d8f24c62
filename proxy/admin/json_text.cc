// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/json_text.h"

#include <exception>

#include "absl/strings/str_cat.h"

#include <nlohmann/json.hpp>

namespace outrigger::admin {
namespace {

// Members stay in the order in which they are set.
using Json = nlohmann::ordered_json;

// The one place where the library's exceptions end.
template <typename Build>
absl::StatusOr<std::string> Print(Build build) {
  try {
    return absl::StrCat(build().dump(1, ' ', false, Json::error_handler_t::replace), "\n");
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("no JSON: ", error.what()));
  }
}

Json AddressJson(const config::SocketAddress& address) {
  return {{"socket_address", {{"address", address.ip().Format()}, {"port_value", address.port()}}}};
}

// Absent (null) rather than empty, so that a program can tell.
Json OptionalAddress(const std::optional<config::SocketAddress>& address) {
  return address.has_value() ? Json(address->Format()) : Json();
}

Json ListenerJson(const ListenerRow& row) {
  Json json{{"name", row.name}};
  for (size_t i = 0; i < row.addresses.size(); ++i) {
    if (i == 0) {
      json["local_address"] = AddressJson(row.addresses[0]);
    } else {
      json["additional_local_addresses"].push_back(AddressJson(row.addresses[i]));
    }
  }
  return json;
}

// envoy.admin.v3.SimpleMetric under proto3's rules: defaults (0, COUNTER) are left out, 64-bit
// numbers are strings.
Json MetricJson(absl::string_view name, uint64_t value, bool is_gauge) {
  Json json = Json::object();
  if (is_gauge) json["type"] = "GAUGE";
  if (value != 0) json["value"] = std::to_string(value);
  json["name"] = std::string(name);
  return json;
}

absl::string_view EdsHealthName(config::HealthStatus health) {
  switch (health) {
    case config::HealthStatus::kUnhealthy:
    case config::HealthStatus::kTimeout:
      return "UNHEALTHY";
    case config::HealthStatus::kDraining:
      return "DRAINING";
    case config::HealthStatus::kDegraded:
      return "DEGRADED";
    case config::HealthStatus::kUnknown:
    case config::HealthStatus::kHealthy:
      return "HEALTHY";
  }
  return "HEALTHY";
}

Json LocalityJson(const config::Locality& locality) {
  Json json = Json::object();
  if (!locality.region.empty()) json["region"] = locality.region;
  if (!locality.zone.empty()) json["zone"] = locality.zone;
  if (!locality.sub_zone.empty()) json["sub_zone"] = locality.sub_zone;
  return json;
}

Json EndpointJson(const EndpointRow& row) {
  Json json{{"address", AddressJson(row.address)}};
  json["stats"] = {MetricJson("cx_connect_fail", row.cx_connect_fail, false),
                   MetricJson("cx_total", row.cx_total, false),
                   MetricJson("rq_error", 0, false),
                   MetricJson("rq_success", 0, false),
                   MetricJson("rq_timeout", 0, false),
                   MetricJson("rq_total", row.rq_total(), false),
                   MetricJson("cx_active", row.cx_active, true),
                   MetricJson("rq_active", row.cx_active, true)};
  json["health_status"] = {{"eds_health_status", std::string(EdsHealthName(row.health))}};
  json["weight"] = row.weight;
  if (!row.hostname.empty()) json["hostname"] = row.hostname;
  if (row.priority != 0) json["priority"] = row.priority;
  json["locality"] = LocalityJson(row.locality);
  return json;
}

Json ClusterJson(const ClusterRow& row) {
  Json json{{"name", row.name}};
  if (row.added_via_api) json["added_via_api"] = true;
  for (const EndpointRow& endpoint : row.endpoints) {
    json["host_statuses"].push_back(EndpointJson(endpoint));
  }
  json["observability_name"] = row.observability_name;
  return json;
}

Json ConnectionJson(const ConnectionRow& row) {
  return {{"id", row.id},
          {"worker", row.worker},
          {"age_ms", row.age.count()},
          {"state", row.state},
          {"downstream", row.downstream.Format()},
          {"original_destination", OptionalAddress(row.original_destination)},
          {"listener", row.listener},
          {"filter_chain", row.filter_chain},
          {"cluster", row.cluster},
          {"upstream", OptionalAddress(row.upstream)},
          {"upstream_local", OptionalAddress(row.upstream_local)},
          {"bytes_received", row.bytes_received},
          {"bytes_sent", row.bytes_sent},
          {"to_upstream", std::string(RelayModeName(row.to_upstream))},
          {"to_downstream", std::string(RelayModeName(row.to_downstream))},
          {"paused", std::string(SideName(row.downstream_paused, row.upstream_paused))},
          {"downstream_ended", row.downstream_ended},
          {"upstream_ended", row.upstream_ended}};
}

std::string Seconds(std::chrono::seconds seconds) { return absl::StrCat(seconds.count(), "s"); }

}  // namespace

absl::StatusOr<std::string> ListenersJson(const std::vector<ListenerRow>& rows) {
  return Print([&] {
    Json json = Json::object();
    for (const ListenerRow& row : rows) json["listener_statuses"].push_back(ListenerJson(row));
    return json;
  });
}

absl::StatusOr<std::string> ClustersJson(const std::vector<ClusterRow>& rows) {
  return Print([&] {
    Json json = Json::object();
    for (const ClusterRow& row : rows) json["cluster_statuses"].push_back(ClusterJson(row));
    return json;
  });
}

absl::StatusOr<std::string> ServerInfoJson(const ServerInfo& info,
                                           const observe::ServerNumbers& numbers) {
  return Print([&] {
    Json settings = Json::array();
    for (const Setting& setting : info.settings) {
      settings.push_back({{"name", setting.name},
                          {"value", setting.value},
                          {"source", setting.source},
                          {"flag", setting.flag},
                          {"environment", setting.environment}});
    }
    return Json{
        {"version", info.version},
        {"state", std::string(observe::ServerStateName(numbers.state))},
        {"uptime_current_epoch", Seconds(numbers.uptime)},
        {"uptime_all_epochs", Seconds(numbers.uptime)},
        {"hot_restart_version", "disabled"},
        {"command_line_options",
         {{"concurrency", info.concurrency},
          {"config_path", info.config_path},
          {"log_level", info.log_level},
          {"drain_time", Seconds(info.drain_time)},
          {"mode", "Serve"},
          {"disable_hot_restart", true},
          {"restart_epoch", 0}}},
        {"node",
         {{"id", info.node_id}, {"cluster", info.node_cluster}, {"user_agent_name", "outrigger"}}},
        {"outrigger", {{"settings", settings}}}};
  });
}

absl::StatusOr<std::string> ConnectionsJson(const ConnectionList& list) {
  return Print([&] {
    Json rows = Json::array();
    for (const ConnectionRow& row : list.rows) rows.push_back(ConnectionJson(row));
    return Json{{"connections", rows},
                {"left_out", list.left_out},
                {"workers_silent", list.workers_silent}};
  });
}

}  // namespace outrigger::admin

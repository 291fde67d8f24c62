// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/debug_endpoints.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "proxy/admin/json_text.h"
#include "proxy/base/limits.h"

namespace outrigger::admin {
namespace {

bool WantsJson(const Target& target) { return target.Get("format") == "json"; }

HttpResponse JsonOrError(absl::StatusOr<std::string> json) {
  if (json.ok()) return JsonResponse(*std::move(json));
  return TextResponse(absl::StrCat(json.status().message(), "\n"), 500);
}

std::string HealthFlags(config::HealthStatus health) {
  switch (health) {
    case config::HealthStatus::kUnhealthy:
    case config::HealthStatus::kTimeout:
      return "/failed_eds_health";
    case config::HealthStatus::kDraining:
      return "/eds_status_draining";
    case config::HealthStatus::kDegraded:
      return "/degraded_eds_health";
    case config::HealthStatus::kUnknown:
    case config::HealthStatus::kHealthy:
      return "healthy";
  }
  return "healthy";
}

void AppendEndpoint(absl::string_view cluster, const EndpointRow& row, std::string& text) {
  const std::string prefix = absl::StrCat(cluster, "::", row.address.Format(), "::");
  const auto line = [&](absl::string_view name, const absl::AlphaNum& value) {
    absl::StrAppend(&text, prefix, name, "::", value, "\n");
  };
  line("cx_active", row.cx_active);
  line("cx_connect_fail", row.cx_connect_fail);
  line("cx_total", row.cx_total);
  line("rq_active", row.cx_active);
  line("rq_error", 0);
  line("rq_success", 0);
  line("rq_timeout", 0);
  line("rq_total", row.rq_total());
  line("hostname", row.hostname);
  line("health_flags", HealthFlags(row.health));
  line("weight", row.weight);
  line("region", row.locality.region);
  line("zone", row.locality.zone);
  line("sub_zone", row.locality.sub_zone);
  line("canary", "false");
  line("priority", row.priority);
  line("success_rate", -1);
  line("local_origin_success_rate", -1);
}

std::string OrDash(absl::string_view text) { return text.empty() ? "-" : absl::CEscape(text); }

std::string OrDash(const std::optional<config::SocketAddress>& address) {
  return address.has_value() ? address->Format() : "-";
}

constexpr size_t kColumns = 16;
using Cells = std::array<std::string, kColumns>;

Cells HeadCells() {
  return {"ID",          "WORKER",        "AGE",     "STATE",    "DOWNSTREAM", "ORIGINAL_DST",
          "LISTENER",    "CHAIN",         "CLUSTER", "UPSTREAM", "RECEIVED",   "SENT",
          "TO_UPSTREAM", "TO_DOWNSTREAM", "PAUSED",  "ENDED"};
}

Cells RowCells(const ConnectionRow& row) {
  return {absl::StrCat(row.id),
          absl::StrCat(row.worker),
          absl::StrFormat("%d.%03ds", row.age.count() / 1000, row.age.count() % 1000),
          OrDash(row.state),
          row.downstream.Format(),
          OrDash(row.original_destination),
          OrDash(row.listener),
          OrDash(row.filter_chain),
          OrDash(row.cluster),
          OrDash(row.upstream),
          absl::StrCat(row.bytes_received),
          absl::StrCat(row.bytes_sent),
          std::string(RelayModeName(row.to_upstream)),
          std::string(RelayModeName(row.to_downstream)),
          std::string(SideName(row.downstream_paused, row.upstream_paused)),
          std::string(SideName(row.downstream_ended, row.upstream_ended))};
}

// Columns as wide as their widest cell, two blanks between them.
std::string FormatTable(const std::vector<Cells>& rows) {
  std::array<size_t, kColumns> widths{};
  for (const Cells& cells : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (const Cells& cells : rows) {
    for (size_t i = 0; i + 1 < kColumns; ++i) {
      absl::StrAppend(&text, cells[i], std::string(widths[i] - cells[i].size() + 2, ' '));
    }
    absl::StrAppend(&text, cells.back(), "\n");
  }
  return text;
}

void LeaveOut(ConnectionList& list) {
  if (list.rows.size() <= limits::kConnectionsListedMax) return;
  list.left_out += list.rows.size() - limits::kConnectionsListedMax;
  list.rows.resize(limits::kConnectionsListedMax);
}

}  // namespace

HttpResponse ListenersAnswer(const Target& target, const std::vector<ListenerRow>& rows) {
  if (WantsJson(target)) return JsonOrError(ListenersJson(rows));
  std::string text;
  for (const ListenerRow& row : rows) {
    for (const config::SocketAddress& address : row.addresses) {
      absl::StrAppend(&text, row.name, "::", address.Format(), "\n");
    }
  }
  return TextResponse(std::move(text));
}

HttpResponse ClustersAnswer(const Target& target, const std::vector<ClusterRow>& rows) {
  if (WantsJson(target)) return JsonOrError(ClustersJson(rows));
  std::string text;
  for (const ClusterRow& row : rows) {
    absl::StrAppend(&text, row.name, "::observability_name::", row.observability_name, "\n");
    absl::StrAppend(&text, row.name, "::added_via_api::", row.added_via_api ? "true" : "false",
                    "\n");
    for (const EndpointRow& endpoint : row.endpoints) AppendEndpoint(row.name, endpoint, text);
  }
  return TextResponse(std::move(text));
}

HttpResponse ConnectionsAnswer(const Target& target, ConnectionList list) {
  std::sort(list.rows.begin(), list.rows.end(),
            [](const ConnectionRow& a, const ConnectionRow& b) { return a.id < b.id; });
  LeaveOut(list);
  if (WantsJson(target)) return JsonOrError(ConnectionsJson(list));
  std::vector<Cells> table{HeadCells()};
  for (const ConnectionRow& row : list.rows) table.push_back(RowCells(row));
  std::string text = FormatTable(table);
  absl::StrAppend(&text, list.rows.size(), " connections\n");
  if (list.left_out > 0) absl::StrAppend(&text, list.left_out, " more left out\n");
  if (list.workers_silent > 0) {
    absl::StrAppend(&text, list.workers_silent,
                    " workers did not answer in time; theirs are missing\n");
  }
  return TextResponse(std::move(text));
}

}  // namespace outrigger::admin

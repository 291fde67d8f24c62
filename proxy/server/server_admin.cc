// SPDX-License-Identifier: Apache-2.0
//
// What the admin port shows of the process and may ask of it.
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

#include "proxy/base/log.h"
#include "proxy/server/server.h"
#include "proxy/server/version.h"

namespace outrigger::server {
namespace {

// An answer that is under way when the loop stops is cut off: one turn is enough for a client on
// loopback.
constexpr std::chrono::milliseconds kQuitDelay{20};

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total_pages = 0;
  uint64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t OpenDescriptors() {
  uint64_t count = 0;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  return count;
}

void AddEndpoints(const config::LoadAssignment& assignment, const upstream::UpstreamCluster& served,
                  std::vector<admin::EndpointRow>& rows) {
  absl::flat_hash_map<config::SocketAddress, upstream::EndpointStatePtr> states;
  for (const upstream::ServedEndpoint& endpoint : served.endpoints()) {
    states.emplace(endpoint.address, endpoint.state);
  }
  for (const config::LocalityEndpoints& locality : assignment.localities) {
    for (const config::Endpoint& endpoint : locality.endpoints) {
      const upstream::EndpointState& state = *states.at(endpoint.address);
      rows.push_back({.address = endpoint.address,
                      .hostname = endpoint.hostname,
                      .weight = endpoint.weight,
                      .priority = locality.priority,
                      .locality = locality.locality,
                      .health = endpoint.health,
                      .cx_active = state.active.load(std::memory_order_relaxed),
                      .cx_total = state.total.load(std::memory_order_relaxed),
                      .cx_connect_fail = state.connect_failures.load(std::memory_order_relaxed)});
    }
  }
}

}  // namespace

void Server::RegisterAdmin(std::chrono::steady_clock::time_point started) {
  if (admin_ == nullptr) return;
  admin_->Register(
      stats_,
      {.numbers = [this, started] { return Numbers(started); },
       .listeners = [this] { return ListenerRows(); },
       .clusters = [this] { return ClusterRows(); },
       .server_info = [this] { return Info(); },
       .connections =
           [this](absl::AnyInvocable<void(admin::ConnectionList)> done) {
             collector_->Collect(Workers(), std::move(done));
           },
       .quit =
           [this] {
             LOG(kInfo, kMain, "asked to quit", {"sessions", loads_.sessions()});
             quit_timer_ = event::Timer(*loop_, [this] { loop_->Stop(); });
             quit_timer_.Start(kQuitDelay);
           },
       .drain_listeners = [this](const admin::DrainOptions& options) { return Drain(options); }});
}

std::vector<Worker*> Server::Workers() const {
  std::vector<Worker*> workers;
  for (const auto& worker : workers_) workers.push_back(worker.get());
  return workers;
}

// `graceful`: goes on accepting for the drain time first; that has one beginning. All as Envoy
// does: after an inbound drain a full one still has work.
absl::Status Server::Drain(const admin::DrainOptions& options) {
  if (options.graceful && std::exchange(graceful_drain_begun_, true)) return absl::OkStatus();
  LOG(kInfo, kMain, "draining listeners", {"inbound_only", options.inbound_only ? "true" : "false"},
      {"graceful", options.graceful ? "true" : "false"});
  if (!options.graceful) {
    StopAccepting(options.inbound_only);
    return absl::OkStatus();
  }
  drain_timer_ = event::Timer(*loop_, [this, options] { StopAccepting(options.inbound_only); });
  drain_timer_.Start(options_.drain_time);
  return absl::OkStatus();
}

observe::ServerNumbers Server::Numbers(std::chrono::steady_clock::time_point started) const {
  const struct mallinfo2 heap = mallinfo2();
  observe::ServerNumbers numbers{
      .state = drainer_->draining() ? observe::ServerState::kDraining : observe::ServerState::kLive,
      .uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                                 started),
      .concurrency = worker_count_,
      .initialization_time_ms = static_cast<uint64_t>(initialization_time_.count()),
      .memory_allocated = heap.uordblks + heap.hblkhd,
      .memory_heap_size = heap.arena + heap.hblkhd,
      .memory_physical_size = ResidentBytes(),
      .static_unknown_fields = config_warnings_,
      .workers_started = true,
      .listeners_added = snapshot_->config->listeners.size(),
      .listeners_active = snapshot_->config->listeners.size(),
      .clusters_added = snapshot_->clusters.size(),
      .clusters_active = snapshot_->clusters.size(),
      .log_dropped_lines = log::DroppedLines(),
      .access_log_lost_lines = access_logs_.lost_lines(),
      .open_descriptors = OpenDescriptors()};
  for (const auto& [name, cluster] : snapshot_->clusters) {
    numbers.memberships.push_back({.stat_name = std::string(upstream::StatName(cluster->config())),
                                   .total = cluster->endpoints().size(),
                                   .healthy = cluster->balanced_count()});
  }
  return numbers;
}

std::vector<admin::ListenerRow> Server::ListenerRows() const {
  std::vector<admin::ListenerRow> rows;
  for (const config::ListenerPtr& listener : snapshot_->config->listeners) {
    admin::ListenerRow row{.name = listener->name, .addresses = {}};
    for (const ListeningAddress& bound : listening_) {
      if (bound.listener == listener) row.addresses.push_back(bound.address);
    }
    if (row.addresses.empty()) {
      for (const config::ListenAddress& address : listener->addresses)
        row.addresses.push_back(address.address);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<admin::ClusterRow> Server::ClusterRows() const {
  std::vector<admin::ClusterRow> rows;
  for (const config::ClusterPtr& cluster : snapshot_->config->clusters) {
    const upstream::UpstreamCluster& served = *snapshot_->clusters.at(cluster->name);
    admin::ClusterRow row{.name = cluster->name,
                          .observability_name = std::string(upstream::StatName(*cluster)),
                          .endpoints = {}};
    if (cluster->load_assignment != nullptr)
      AddEndpoints(*cluster->load_assignment, served, row.endpoints);
    rows.push_back(std::move(row));
  }
  return rows;
}

admin::ServerInfo Server::Info() const {
  return {.version = absl::StrCat(Revision(), "/", Version(), "/Clean/", BuildType(), "/none"),
          .config_path = options_.config_path,
          .log_level = std::string(log::LevelName(options_.log_level)),
          .concurrency = worker_count_,
          .drain_time = options_.drain_time,
          .node_id = bootstrap_.node_id,
          .node_cluster = bootstrap_.node_cluster,
          .settings = options_.settings};
}

}  // namespace outrigger::server

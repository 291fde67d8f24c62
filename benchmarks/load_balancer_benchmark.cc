// SPDX-License-Identifier: Apache-2.0
//
// What choosing an endpoint costs as clusters grow (the first argument is the number of endpoints),
// and what the tables that workers share cost when two of them use one at once.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"

#include "proxy/base/check.h"
#include "proxy/upstream/dial_registry.h"
#include "proxy/upstream/upstream_cluster.h"

namespace outrigger::upstream {
namespace {

config::SocketAddress AddressOf(uint32_t number, uint16_t port) {
  in_addr address{};
  address.s_addr = htonl(0x0a000000U | number);
  return config::SocketAddress(config::IpAddress::FromIpv4(address), port);
}

std::shared_ptr<const UpstreamCluster> MakeCluster(EndpointStates& states, config::LbPolicy policy,
                                                   int64_t endpoints, bool equal_weights) {
  config::LocalityEndpoints locality;
  for (int64_t i = 0; i < endpoints; ++i) {
    locality.endpoints.push_back({.address = AddressOf(static_cast<uint32_t>(i), 80),
                                  .weight = equal_weights ? 1 : static_cast<uint32_t>(1 + i % 7)});
  }
  auto assignment = std::make_shared<config::LoadAssignment>();
  assignment->localities.push_back(std::move(locality));
  return UpstreamCluster::Create(
      std::make_shared<config::Cluster>(config::Cluster{
          .name = "c", .lb_policy = policy, .load_assignment = std::move(assignment)}),
      states, std::make_shared<observe::PerWorker<observe::ClusterCounters>>(1));
}

void Pick(benchmark::State& state, config::LbPolicy policy, bool equal_weights) {
  EndpointStates states(0);
  const auto cluster = MakeCluster(states, policy, state.range(0), equal_weights);
  uint64_t random_bits = 0;
  for (auto _ : state) {
    random_bits += 0x9e3779b97f4a7c15;
    benchmark::DoNotOptimize(cluster->Pick(random_bits, std::nullopt));
  }
}
BENCHMARK_CAPTURE(Pick, round_robin, config::LbPolicy::kRoundRobin, true)->Arg(3)->Arg(1'000);
BENCHMARK_CAPTURE(Pick, round_robin_weighted, config::LbPolicy::kRoundRobin, false)
    ->Arg(3)
    ->Arg(1'000);
BENCHMARK_CAPTURE(Pick, least_request, config::LbPolicy::kLeastRequest, true)->Arg(3)->Arg(1'000);
BENCHMARK_CAPTURE(Pick, least_request_weighted, config::LbPolicy::kLeastRequest, false)
    ->Arg(3)
    ->Arg(1'000);
BENCHMARK_CAPTURE(Pick, random, config::LbPolicy::kRandom, true)->Arg(3)->Arg(1'000);
BENCHMARK_CAPTURE(Pick, random_weighted, config::LbPolicy::kRandom, false)->Arg(3)->Arg(1'000);

void BuildCluster(benchmark::State& state, config::LbPolicy policy, bool equal_weights) {
  EndpointStates states(0);
  const auto kept = MakeCluster(states, policy, state.range(0), equal_weights);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        UpstreamCluster::Create(kept->shared_config(), states,
                                std::make_shared<observe::PerWorker<observe::ClusterCounters>>(1)));
  }
}
BENCHMARK_CAPTURE(BuildCluster, round_robin, config::LbPolicy::kRoundRobin, true)
    ->Arg(3)
    ->Arg(1'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BuildCluster, round_robin_weighted, config::LbPolicy::kRoundRobin, false)
    ->Arg(3)
    ->Arg(1'000)
    ->Unit(benchmark::kMicrosecond);

// A session's two entries, with as many others as the argument says.
void RegisterDialAndAccept(benchmark::State& state) {
  static DialRegistry* registry = nullptr;
  static std::vector<DialRegistry::Handle>* others = nullptr;
  bool came_back = false;
  if (state.thread_index() == 0) {
    registry = new DialRegistry();
    others = new std::vector<DialRegistry::Handle>();
    for (int64_t i = 0; i < state.range(0); ++i) {
      others->push_back(registry->RegisterDial(AddressOf(static_cast<uint32_t>(i), 1),
                                               AddressOf(1, 2), config::TrafficDirection::kOutbound,
                                               came_back));
    }
  }
  const config::SocketAddress peer = AddressOf(static_cast<uint32_t>(state.thread_index()), 3);
  const config::SocketAddress destination = AddressOf(1, 4);
  uint16_t port = 0;
  for (auto _ : state) {
    const config::SocketAddress source =
        AddressOf(static_cast<uint32_t>(state.thread_index()), ++port);
    const auto accept =
        registry->RegisterAccept(peer, destination, config::TrafficDirection::kOutbound, came_back);
    const auto dial =
        registry->RegisterDial(source, destination, config::TrafficDirection::kOutbound, came_back);
    benchmark::DoNotOptimize(came_back);
  }
  if (state.thread_index() == 0) {
    delete others;
    delete registry;
  }
}
BENCHMARK(RegisterDialAndAccept)->Arg(0)->Arg(10'000)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace outrigger::upstream

// SPDX-License-Identifier: Apache-2.0
//
// What choosing a listener and a filter chain costs as configurations grow: the argument is their
// number, and times must not follow it.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"

#include "proxy/base/check.h"
#include "proxy/policy/filter_chain_matcher.h"
#include "proxy/policy/listener_index.h"

namespace outrigger::policy {
namespace {

config::IpAddress AddressOf(uint32_t number) {
  in_addr address{};
  address.s_addr = htonl(0x0a000000U | number);
  return config::IpAddress::FromIpv4(address);
}

config::FilterChainPtr Chain(config::FilterChainMatch match) {
  return std::make_shared<config::FilterChain>(config::FilterChain{.match = std::move(match)});
}

ConnectionFacts FactsOf(const config::IpAddress& destination, uint16_t port) {
  return {.peer = PeerAddress(config::SocketAddress(AddressOf(7), 40'000)),
          .original_destination = OriginalDestination(config::SocketAddress(destination, port))};
}

// virtualInbound as istiod makes it: per port a chain for TLS with Istio's protocols, one for other
// TLS, one for plaintext.
config::Listener InboundListener(int64_t ports) {
  config::Listener listener;
  listener.filter_chains.push_back(Chain({.destination_port = 15006}));
  for (int64_t i = 0; i < ports; ++i) {
    const auto port = static_cast<uint16_t>(1024 + i);
    listener.filter_chains.push_back(
        Chain({.destination_port = port,
               .transport_protocol = "tls",
               .application_protocols = {"istio", "istio-peer-exchange"}}));
    listener.filter_chains.push_back(
        Chain({.destination_port = port, .transport_protocol = "tls"}));
    listener.filter_chains.push_back(
        Chain({.destination_port = port, .transport_protocol = "raw_buffer"}));
  }
  return listener;
}

void MatchByPort(benchmark::State& state) {
  const auto matcher = FilterChainMatcher::Create(InboundListener(state.range(0)));
  CHECK(matcher.ok());
  ConnectionFacts facts = FactsOf(AddressOf(1), static_cast<uint16_t>(1024 + state.range(0) / 2));
  facts.transport_protocol = "tls";
  facts.application_protocols = {"istio-peer-exchange", "istio"};
  CHECK(matcher->Match(facts) != nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(matcher->Match(facts));
}
BENCHMARK(MatchByPort)->Arg(1)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

// An outbound listener on the wildcard with one chain per service address.
void MatchByAddress(benchmark::State& state) {
  config::Listener listener;
  for (int64_t i = 0; i < state.range(0); ++i) {
    listener.filter_chains.push_back(Chain(
        {.prefix_ranges = {*config::Cidr::Create(AddressOf(static_cast<uint32_t>(2 * i)), 32)}}));
  }
  const auto matcher = FilterChainMatcher::Create(listener);
  CHECK(matcher.ok());
  const ConnectionFacts facts =
      FactsOf(AddressOf(static_cast<uint32_t>(state.range(0) / 2 * 2)), 80);
  CHECK(matcher->Match(facts) != nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(matcher->Match(facts));
}
BENCHMARK(MatchByAddress)->Arg(2)->Arg(100)->Arg(10'000)->Arg(100'000);

void MatchByServerName(benchmark::State& state) {
  config::Listener listener;
  for (int64_t i = 0; i < state.range(0); ++i) {
    listener.filter_chains.push_back(
        Chain({.server_names = {absl::StrCat("*.service-", i, ".default.svc.cluster.local")}}));
  }
  const auto matcher = FilterChainMatcher::Create(listener);
  CHECK(matcher.ok());
  ConnectionFacts facts = FactsOf(AddressOf(1), 443);
  facts.server_name =
      absl::StrCat("pod-0.service-", state.range(0) / 2, ".default.svc.cluster.local");
  CHECK(matcher->Match(facts) != nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(matcher->Match(facts));
}
BENCHMARK(MatchByServerName)->Arg(2)->Arg(100)->Arg(10'000);

void BuildInboundMatcher(benchmark::State& state) {
  const config::Listener listener = InboundListener(state.range(0));
  for (auto _ : state) {
    auto matcher = FilterChainMatcher::Create(listener);
    CHECK(matcher.ok());
    benchmark::DoNotOptimize(matcher);
  }
}
BENCHMARK(BuildInboundMatcher)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1'000)
    ->Unit(benchmark::kMicrosecond);

// One listener per pod address, as for a headless service.
ListenerIndex HeadlessIndex(int64_t listeners) {
  std::vector<ServedListenerPtr> served;
  for (int64_t i = 0; i < listeners; ++i) {
    config::Listener listener{.bind_to_port = false};
    listener.addresses = {
        {.address = config::SocketAddress(AddressOf(static_cast<uint32_t>(i)), 2181)}};
    listener.filter_chains = {Chain({})};
    auto made = MakeServedListener(std::make_shared<config::Listener>(std::move(listener)));
    CHECK(made.ok());
    served.push_back(*std::move(made));
  }
  auto index = ListenerIndex::Create(std::move(served));
  CHECK(index.ok());
  return *std::move(index);
}

void FindListener(benchmark::State& state) {
  const ListenerIndex index = HeadlessIndex(state.range(0));
  const OriginalDestination destination(
      config::SocketAddress(AddressOf(static_cast<uint32_t>(state.range(0) / 2)), 2181));
  CHECK(index.Find(destination) != nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(index.Find(destination));
}
BENCHMARK(FindListener)->Arg(2)->Arg(100)->Arg(10'000)->Arg(100'000);

// The longest way: no exact address, no wildcard of the family, no IPv6 wildcard.
void FindNoListener(benchmark::State& state) {
  const ListenerIndex index = HeadlessIndex(state.range(0));
  const OriginalDestination destination(config::SocketAddress(AddressOf(1), 9999));
  CHECK(index.Find(destination) == nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(index.Find(destination));
}
BENCHMARK(FindNoListener)->Arg(2)->Arg(10'000);

}  // namespace
}  // namespace outrigger::policy

// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/filter_chain_matcher.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace outrigger::policy {
namespace {

using config::Cidr;
using config::FilterChainMatch;
using config::SocketAddress;
using ::testing::HasSubstr;

Cidr Range(absl::string_view text) { return *Cidr::Parse(text); }
SocketAddress Address(absl::string_view text) { return *SocketAddress::Parse(text); }

config::FilterChainPtr Chain(std::string name, FilterChainMatch match) {
  return std::make_shared<config::FilterChain>(
      config::FilterChain{.name = std::move(name), .match = std::move(match)});
}

// A connection from 10.9.9.9:40000 that was redirected on its way to `destination`.
ConnectionFacts To(absl::string_view destination) {
  return {.peer = PeerAddress(Address("10.9.9.9:40000")),
          .local = LocalAddress(Address("10.0.0.1:15006")),
          .original_destination = OriginalDestination(Address(destination))};
}

// The name of the chain that serves `facts`, or "none".
std::string Served(const config::Listener& listener, const ConnectionFacts& facts) {
  const auto matcher = FilterChainMatcher::Create(listener);
  EXPECT_TRUE(matcher.ok()) << matcher.status();
  if (!matcher.ok()) return "error";
  const config::FilterChainPtr* chain = matcher->Match(facts);
  if (chain == nullptr) return "none";
  EXPECT_EQ(&matcher->chains()[matcher->PositionOf(chain)], chain);
  return (*chain)->name;
}

TEST(FilterChainMatcherTest, NoChainServesNothing) {
  EXPECT_EQ(Served({}, To("10.0.0.1:80")), "none");
}

TEST(FilterChainMatcherTest, AChainWithoutMatchServesEverything) {
  const config::Listener listener{.filter_chains = {Chain("any", {})}};

  EXPECT_EQ(Served(listener, To("10.0.0.1:80")), "any");
  EXPECT_EQ(Served(listener, To("[fd00::1]:80")), "any");
}

TEST(FilterChainMatcherTest, TheDefaultChainServesTheRestAndItsMatchIsIgnored) {
  const config::Listener listener{
      .filter_chains = {Chain("80", {.destination_port = 80})},
      .default_filter_chain = Chain("default", {.destination_port = 7})};

  EXPECT_EQ(Served(listener, To("10.0.0.1:80")), "80");
  EXPECT_EQ(Served(listener, To("10.0.0.1:81")), "default");
}

TEST(FilterChainMatcherTest, TheDestinationIsTheLocalAddressUnlessRedirected) {
  const config::Listener listener{
      .filter_chains = {Chain("own port", {.destination_port = 15006}), Chain("any", {})}};
  ConnectionFacts facts = To("10.0.0.1:80");

  EXPECT_EQ(Served(listener, facts), "any");
  facts.original_destination.reset();
  EXPECT_EQ(Served(listener, facts), "own port");
}

// A port with a chain of its own never falls back to the chains without port: plaintext to a port
// that wants TLS is refused.
TEST(FilterChainMatcherTest, NeverGoesBackToTheChainsWithoutPort) {
  config::Listener listener{
      .filter_chains = {Chain("strict", {.destination_port = 8080, .transport_protocol = "tls"}),
                        Chain("any", {})}};
  ConnectionFacts facts = To("10.0.0.1:8080");

  EXPECT_EQ(Served(listener, facts), "none");
  EXPECT_EQ(Served(listener, To("10.0.0.1:8081")), "any");
  listener.default_filter_chain = Chain("default", {});
  EXPECT_EQ(Served(listener, facts), "default");
  facts.transport_protocol = "tls";
  EXPECT_EQ(Served(listener, facts), "strict");
}

TEST(FilterChainMatcherTest, TheLongestPrefixOfTheDestinationWinsAndIsFinal) {
  const config::Listener listener{
      .filter_chains = {
          Chain("any", {}),
          Chain("wide", {.prefix_ranges = {Range("10.0.0.0/8"), Range("fd00::/8")}}),
          Chain("narrow", {.prefix_ranges = {Range("10.1.0.0/16")}, .server_names = {"a.b"}})}};

  EXPECT_EQ(Served(listener, To("10.0.0.1:80")), "wide");
  EXPECT_EQ(Served(listener, To("[fd00::1]:80")), "wide");
  EXPECT_EQ(Served(listener, To("11.0.0.1:80")), "any");
  EXPECT_EQ(Served(listener, To("10.1.0.1:80")), "none")
      << "the longest prefix has no chain for this name";
}

TEST(FilterChainMatcherTest, ChainsWithoutRangeShareTheRangeOfAllAddresses) {
  const config::Listener listener{
      .filter_chains = {Chain("any", {.server_names = {"a.b"}}),
                        Chain("IPv4", {.prefix_ranges = {Range("0.0.0.0/0")}})}};
  ConnectionFacts ipv4 = To("10.0.0.1:80");
  ConnectionFacts ipv6 = To("[fd00::1]:80");

  EXPECT_EQ(Served(listener, ipv4), "IPv4");
  EXPECT_EQ(Served(listener, ipv6), "none");
  ipv4.server_name = "a.b";
  ipv6.server_name = "a.b";
  EXPECT_EQ(Served(listener, ipv4), "any");
  EXPECT_EQ(Served(listener, ipv6), "any");
}

TEST(FilterChainMatcherTest, ServerNamesGoFromExactOverLongToShortSuffix) {
  const config::Listener listener{.filter_chains = {
                                      Chain("none", {}),
                                      Chain("exact", {.server_names = {"a.b.c"}}),
                                      Chain("long", {.server_names = {"*.b.c"}}),
                                      Chain("short", {.server_names = {"*.c"}}),
                                  }};
  const auto served = [&](std::string name) {
    ConnectionFacts facts = To("10.0.0.1:80");
    facts.server_name = std::move(name);
    return Served(listener, facts);
  };

  EXPECT_EQ(served("a.b.c"), "exact");
  EXPECT_EQ(served("x.a.b.c"), "long") << "an exact name is no suffix";
  EXPECT_EQ(served("x.b.c"), "long");
  EXPECT_EQ(served("b.c"), "short") << "a wildcard wants at least one more label";
  EXPECT_EQ(served("c"), "none");
  EXPECT_EQ(served("c."), "none");
  EXPECT_EQ(served("."), "none");
  EXPECT_EQ(served(""), "none");
  EXPECT_EQ(served(".c"), "short") << "an empty first label is a label in Envoy";
  EXPECT_EQ(served(std::string(16 * 1024, '.')), "none");
  EXPECT_EQ(served(absl::StrCat(std::string(16 * 1024, '.'), "x.b.c")), "long");
}

TEST(FilterChainMatcherTest, TransportProtocolIsExactThenAny) {
  const config::Listener listener{
      .filter_chains = {Chain("any", {}), Chain("tls", {.transport_protocol = "tls"})}};
  ConnectionFacts facts = To("10.0.0.1:80");

  EXPECT_EQ(Served(listener, facts), "any");
  facts.transport_protocol = "tls";
  EXPECT_EQ(Served(listener, facts), "tls");
}

TEST(FilterChainMatcherTest, ApplicationProtocolsGoInTheOrderOfTheClient) {
  const config::Listener listener{
      .filter_chains = {Chain("any", {}), Chain("istio", {.application_protocols = {"istio"}}),
                        Chain("http", {.application_protocols = {"h2", "http/1.1"}})}};
  ConnectionFacts facts = To("10.0.0.1:80");

  EXPECT_EQ(Served(listener, facts), "any");
  facts.application_protocols = {"unknown", "http/1.1", "istio"};
  EXPECT_EQ(Served(listener, facts), "http");
  facts.application_protocols = {"istio", "http/1.1"};
  EXPECT_EQ(Served(listener, facts), "istio");
  facts.application_protocols = {"unknown"};
  EXPECT_EQ(Served(listener, facts), "any");
}

TEST(FilterChainMatcherTest, SourceTypeComparesPeerAndDestination) {
  const config::Listener listener{
      .filter_chains = {
          Chain("local", {.source_type = FilterChainMatch::SourceType::kSameIpOrLoopback}),
          Chain("external", {.source_type = FilterChainMatch::SourceType::kExternal})}};
  const auto served = [&](absl::string_view peer, absl::string_view destination) {
    ConnectionFacts facts = To(destination);
    facts.peer = PeerAddress(Address(peer));
    return Served(listener, facts);
  };

  EXPECT_EQ(served("10.9.9.9:1", "10.0.0.1:80"), "external");
  EXPECT_EQ(served("10.0.0.1:1", "10.0.0.1:80"), "local");
  EXPECT_EQ(served("127.0.0.1:1", "10.0.0.1:80"), "local");
  EXPECT_EQ(served("[::1]:1", "[fd00::1]:80"), "local");
  EXPECT_EQ(served("127.0.0.6:1", "10.0.0.1:80"), "external")
      << "Envoy counts 127.0.0.1 and ::1 only";
  EXPECT_EQ(served("10.0.0.1:1", "[fd00::1]:80"), "external");
}

TEST(FilterChainMatcherTest, ALocalPeerDoesNotFallToExternalButToAny) {
  const config::Listener listener{
      .filter_chains = {Chain("external", {.source_type = FilterChainMatch::SourceType::kExternal}),
                        Chain("any", {.source_ports = {40000}})}};
  ConnectionFacts facts = To("10.9.9.9:80");

  EXPECT_EQ(Served(listener, facts), "any");
  facts = To("10.0.0.1:80");
  EXPECT_EQ(Served(listener, facts), "external");
}

TEST(FilterChainMatcherTest, SourceRangesAndPortsLookAtThePeer) {
  const config::Listener listener{
      .filter_chains = {
          Chain("any", {}),
          Chain("direct", {.direct_source_prefix_ranges = {Range("10.9.0.0/16")}}),
          Chain("source", {.direct_source_prefix_ranges = {Range("10.9.0.0/16")},
                           .source_prefix_ranges = {Range("10.9.9.0/24")},
                           .source_ports = {40000, 40001}}),
          Chain("open port", {.direct_source_prefix_ranges = {Range("10.9.0.0/16")},
                              .source_prefix_ranges = {Range("10.9.9.9/32")},
                              .source_ports = {50000}}),
      }};
  ConnectionFacts facts = To("10.0.0.1:80");
  const auto served = [&](absl::string_view peer) {
    facts.peer = PeerAddress(Address(peer));
    return Served(listener, facts);
  };

  EXPECT_EQ(served("10.8.0.1:40000"), "any");
  EXPECT_EQ(served("10.9.0.1:40000"), "direct");
  EXPECT_EQ(served("10.9.9.1:40001"), "source");
  EXPECT_EQ(served("10.9.9.1:40002"), "none")
      << "the longest source range has no chain for this port";
  EXPECT_EQ(served("10.9.9.9:50000"), "open port");
  EXPECT_EQ(served("10.9.9.9:40000"), "none");
}

TEST(FilterChainMatcherTest, EqualMatchesAreRefusedByName) {
  const config::Listener listener{.name = "virtualInbound",
                                  .filter_chains = {Chain("one", {.destination_port = 80}),
                                                    Chain("two", {.destination_port = 80})}};

  const auto matcher = FilterChainMatcher::Create(listener);

  ASSERT_EQ(matcher.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(matcher.status().message()),
              ::testing::AllOf(HasSubstr("virtualInbound"), HasSubstr("\"one\""),
                               HasSubstr("\"two\""), HasSubstr("destination_port 80")));
}

TEST(FilterChainMatcherTest, SurvivesTheListenerItWasMadeOf) {
  auto listener = std::make_unique<config::Listener>();
  listener->filter_chains = {
      Chain("named", {.server_names = {"*.a-name-that-does-not-fit-into-a-small-string"}})};
  auto matcher = FilterChainMatcher::Create(*listener);
  ASSERT_TRUE(matcher.ok());
  listener.reset();
  const FilterChainMatcher moved = *std::move(matcher);
  ConnectionFacts facts = To("10.0.0.1:80");

  EXPECT_EQ(moved.Match(facts), nullptr);
  facts.server_name = "x.a-name-that-does-not-fit-into-a-small-string";
  ASSERT_NE(moved.Match(facts), nullptr);
  EXPECT_EQ((*moved.Match(facts))->name, "named");
}

}  // namespace
}  // namespace outrigger::policy

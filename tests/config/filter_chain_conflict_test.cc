// SPDX-License-Identifier: Apache-2.0
#include "config/filter_chain_conflict.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace outrigger::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Cidr Range(absl::string_view text) { return *Cidr::Parse(text); }

void Add(Listener& listener, std::string name, FilterChainMatch match) {
  listener.filter_chains.push_back(std::make_shared<FilterChain>(
      FilterChain{.name = std::move(name), .match = std::move(match), .tcp_proxy = {}}));
}

TEST(FilterChainConflictTest, AcceptsChainsThatDifferInOneCriterion) {
  Listener listener{.name = "l"};
  Add(listener, "any", {});
  Add(listener, "port", {.destination_port = 80});
  Add(listener, "range", {.prefix_ranges = {Range("10.0.0.0/8")}});
  Add(listener, "narrower", {.prefix_ranges = {Range("10.1.0.0/16")}});
  Add(listener, "name", {.server_names = {"a.b", "*.b"}});
  Add(listener, "tls", {.transport_protocol = "tls"});
  Add(listener, "alpn", {.application_protocols = {"istio"}});
  Add(listener, "direct", {.direct_source_prefix_ranges = {Range("10.0.0.0/8")}});
  Add(listener, "local", {.source_type = FilterChainMatch::SourceType::kSameIpOrLoopback});
  Add(listener, "external", {.source_type = FilterChainMatch::SourceType::kExternal});
  Add(listener, "source", {.source_prefix_ranges = {Range("10.0.0.0/8")}});
  Add(listener, "source port", {.source_ports = {1, 2}});

  EXPECT_THAT(FindFilterChainConflicts(listener), IsEmpty());
  EXPECT_TRUE(CheckFilterChains(listener).ok());
}

TEST(FilterChainConflictTest, NamesBothChainsAndWhatTheyShare) {
  Listener listener{.name = "virtualInbound"};
  Add(listener, "first", {.destination_port = 80, .server_names = {"a.b", "c.d"}});
  Add(listener, "other", {.destination_port = 81, .server_names = {"c.d"}});
  Add(listener, "last", {.destination_port = 80, .server_names = {"c.d", "e.f"}});

  const auto conflicts = FindFilterChainConflicts(listener);

  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_EQ(conflicts[0].first, 0u);
  EXPECT_EQ(conflicts[0].second, 2u);
  EXPECT_EQ(conflicts[0].text,
            "filter_chains[2] \"last\" matches the same connections as filter_chains[0] \"first\": "
            "both match "
            "destination_port 80, server_names c.d; remove one or let them differ");
  const absl::Status status = CheckFilterChains(listener);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("listener \"virtualInbound\": filter_chains[2]"));
}

TEST(FilterChainConflictTest, TwoChainsWithoutMatchConflict) {
  Listener listener;
  Add(listener, "a", {});
  Add(listener, "b", {});

  const auto conflicts = FindFilterChainConflicts(listener);

  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_THAT(conflicts[0].text, HasSubstr("neither has a filter_chain_match"));
}

TEST(FilterChainConflictTest, ReportsEveryPairOnce) {
  Listener listener;
  Add(listener, "a", {.source_ports = {1, 2}});
  Add(listener, "b", {.source_ports = {1, 2}});
  Add(listener, "c", {.source_ports = {3}});
  Add(listener, "d", {.source_ports = {3}});

  const auto conflicts = FindFilterChainConflicts(listener);

  ASSERT_THAT(conflicts, SizeIs(2));
  EXPECT_EQ(conflicts[0].second, 1u);
  EXPECT_EQ(conflicts[1].second, 3u);
}

TEST(FilterChainConflictTest, NoRangeEqualsTheRangeOfAllAddresses) {
  Listener listener;
  Add(listener, "any", {});
  Add(listener, "all of IPv6", {.prefix_ranges = {Range("::/0")}});

  const auto conflicts = FindFilterChainConflicts(listener);

  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_THAT(conflicts[0].text, HasSubstr("prefix_ranges ::/0"));
}

TEST(FilterChainConflictTest, RefusesAValueListedTwice) {
  Listener listener;
  Add(listener, "a",
      {.prefix_ranges = {Range("10.0.0.1/8"), Range("11.0.0.0/8"), Range("10.0.0.2/8")}});

  const auto conflicts = FindFilterChainConflicts(listener);

  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_EQ(conflicts[0].text,
            "filter_chains[0] \"a\": prefix_ranges lists 10.0.0.0/8 twice: leave one out");
}

TEST(FilterChainConflictTest, RefusesPartialWildcards) {
  Listener listener;
  Add(listener, "whole", {.server_names = {"*"}});
  Add(listener, "inside", {.server_names = {"a*.b"}});
  Add(listener, "leading", {.server_names = {"*.b"}});

  EXPECT_THAT(FindFilterChainConflicts(listener), SizeIs(2));
}

TEST(FilterChainConflictTest, LongEqualListsCostTheirSumAndNotTheirProduct) {
  FilterChainMatch match;
  for (int i = 0; i < 1000; ++i) {
    match.prefix_ranges.push_back(Range(absl::StrCat("10.0.", i / 250, ".", i % 250)));
    match.server_names.push_back(absl::StrCat("name-", i));
    match.source_ports.push_back(static_cast<uint16_t>(i + 1));
  }
  Listener listener;
  for (const char* alpn : {"a", "b", "c", "d"}) {
    match.application_protocols = {alpn};
    Add(listener, alpn, match);
  }

  EXPECT_THAT(FindFilterChainConflicts(listener), IsEmpty());
}

TEST(FilterChainConflictTest, TenThousandChainsOfOnePortEach) {
  Listener listener;
  for (int i = 0; i < 10'000; ++i) {
    Add(listener, "c",
        {.destination_port = static_cast<uint16_t>(1 + i),
         .transport_protocol = i % 2 == 0 ? "tls" : "raw_buffer"});
  }
  Add(listener, "the same again", {.destination_port = 77, .transport_protocol = "tls"});

  const auto conflicts = FindFilterChainConflicts(listener);

  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_EQ(conflicts[0].first, 76u);
}

}  // namespace
}  // namespace outrigger::config

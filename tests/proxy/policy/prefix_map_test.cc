// SPDX-License-Identifier: Apache-2.0
#include "proxy/policy/prefix_map.h"

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace outrigger::policy {
namespace {

using config::Cidr;
using config::IpAddress;
using Ranges = std::vector<std::pair<Cidr, PrefixMap::Value>>;

constexpr PrefixMap::Value kOtherwise = 99;

IpAddress Ip(absl::string_view text) { return *IpAddress::Parse(text); }
Cidr Range(absl::string_view text) { return *Cidr::Parse(text); }

TEST(PrefixMapTest, EmptyMapAnswersOtherwise) {
  const PrefixMap map({}, kOtherwise);

  EXPECT_EQ(map.Find(Ip("10.0.0.1")), kOtherwise);
  EXPECT_EQ(map.Find(Ip("fd00::1")), kOtherwise);
}

TEST(PrefixMapTest, TheLongestPrefixWins) {
  const PrefixMap map({{Range("10.0.0.0/8"), 1},
                       {Range("10.1.0.0/16"), 2},
                       {Range("10.1.2.0/24"), 3},
                       {Range("10.1.2.3/32"), 4},
                       {Range("fd00::/8"), 5},
                       {Range("fd00::1/128"), 6}},
                      kOtherwise);

  EXPECT_EQ(map.Find(Ip("9.255.255.255")), kOtherwise);
  EXPECT_EQ(map.Find(Ip("10.0.0.0")), 1u);
  EXPECT_EQ(map.Find(Ip("10.0.255.255")), 1u);
  EXPECT_EQ(map.Find(Ip("10.1.0.0")), 2u);
  EXPECT_EQ(map.Find(Ip("10.1.2.2")), 3u);
  EXPECT_EQ(map.Find(Ip("10.1.2.3")), 4u);
  EXPECT_EQ(map.Find(Ip("10.1.2.4")), 3u);
  EXPECT_EQ(map.Find(Ip("10.1.3.0")), 2u);
  EXPECT_EQ(map.Find(Ip("10.2.0.0")), 1u);
  EXPECT_EQ(map.Find(Ip("11.0.0.0")), kOtherwise);
  EXPECT_EQ(map.Find(Ip("fcff:ffff::")), kOtherwise);
  EXPECT_EQ(map.Find(Ip("fd00::1")), 6u);
  EXPECT_EQ(map.Find(Ip("fd00::2")), 5u);
  EXPECT_EQ(map.Find(Ip("fe00::")), kOtherwise);
}

TEST(PrefixMapTest, TheLastAddressesOfAFamilyEndNothing) {
  const PrefixMap map({{Range("255.255.255.255/32"), 1},
                       {Range("255.0.0.0/8"), 2},
                       {Range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"), 3}},
                      kOtherwise);

  EXPECT_EQ(map.Find(Ip("255.255.255.255")), 1u);
  EXPECT_EQ(map.Find(Ip("255.255.255.254")), 2u);
  EXPECT_EQ(map.Find(Ip("254.255.255.255")), kOtherwise);
  EXPECT_EQ(map.Find(Ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 3u);
  EXPECT_EQ(map.Find(Ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")), kOtherwise);
}

TEST(PrefixMapTest, FamiliesDoNotMix) {
  const PrefixMap map({{Range("0.0.0.0/0"), 1}, {Range("::/1"), 2}}, kOtherwise);

  EXPECT_EQ(map.Find(Ip("0.0.0.0")), 1u);
  EXPECT_EQ(map.Find(Ip("255.255.255.255")), 1u);
  EXPECT_EQ(map.Find(Ip("::ffff:10.0.0.1")), 1u) << "an IPv4 address in IPv6 spelling";
  EXPECT_EQ(map.Find(Ip("::1")), 2u);
  EXPECT_EQ(map.Find(Ip("8000::")), kOtherwise);
}

TEST(PrefixMapTest, AgreesWithTryingEveryRange) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 300; ++round) {
    // Few bits vary, so that ranges nest and touch.
    Ranges ranges;
    for (PrefixMap::Value value = 0; value < random() % 12; ++value) {
      const bool ipv4 = random() % 2 == 0;
      const std::string text =
          ipv4 ? absl::StrCat("10.0.0.", random() % 16, "/", 26 + random() % 7)
               : absl::StrCat("fd00::", absl::Hex(random() % 16), "/", 120 + random() % 9);
      const bool known = std::any_of(ranges.begin(), ranges.end(), [&](const auto& known_range) {
        return known_range.first == Range(text);
      });
      if (!known) ranges.emplace_back(Range(text), value);
    }
    const PrefixMap map(ranges, kOtherwise);

    for (int i = 0; i < 64; ++i) {
      const IpAddress address = Ip(i % 2 == 0 ? absl::StrCat("10.0.0.", i / 2)
                                              : absl::StrCat("fd00::", absl::Hex(i / 2)));
      PrefixMap::Value expected = kOtherwise;
      int longest = -1;
      for (const auto& [range, value] : ranges) {
        if (!range.Contains(address) || range.prefix_length() <= longest) continue;
        longest = range.prefix_length();
        expected = value;
      }
      ASSERT_EQ(map.Find(address), expected) << "round " << round << ", " << address.Format();
    }
  }
}

}  // namespace
}  // namespace outrigger::policy

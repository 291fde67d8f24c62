// SPDX-License-Identifier: Apache-2.0
#include "iptables/options.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "iptables/restore_format.h"
#include "iptables/rules.h"
#include "tests/iptables/test_facts.h"

namespace outrigger::iptables {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

absl::StatusOr<ParsedOptions> Parse(const Words& words,
                                    const std::vector<std::string>& addresses = {"10.0.0.1"}) {
  return ParseOptions(FlagsFromWords(words), FactsWithAddresses(addresses));
}

Options OptionsOf(const Words& words, const std::vector<std::string>& addresses = {"10.0.0.1"}) {
  const auto parsed = Parse(words, addresses);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? parsed->options : Options();
}

std::string ErrorOf(const Words& words) { return std::string(Parse(words).status().message()); }

TEST(OptionsTest, DefaultsAreThoseOfIstio) {
  const Options options = OptionsOf({});

  EXPECT_EQ(options.proxy_port, 15001);
  EXPECT_EQ(options.inbound_capture_port, 15006);
  EXPECT_EQ(options.inbound_tunnel_port, 15008);
  EXPECT_THAT(options.proxy_uids, ElementsAre(IdRange{1337, 1337}));
  EXPECT_THAT(options.proxy_gids, ElementsAre(IdRange{1337, 1337}));
  EXPECT_FALSE(options.captures_inbound);
  EXPECT_TRUE(options.inbound_ports.empty());
  EXPECT_FALSE(options.outbound_ranges.all);
  EXPECT_EQ(options.loopback_range.Format(), "127.0.0.1/32");
  EXPECT_EQ(options.probe_port, 15002);
  EXPECT_EQ(options.probe_timeout, std::chrono::seconds(5));
  EXPECT_FALSE(options.forced_back_end);
}

TEST(OptionsTest, GroupIsWhatTheUserIsUnlessGiven) {
  EXPECT_THAT(OptionsOf({"-u", "7,8"}).proxy_gids, ElementsAre(IdRange{7, 7}, IdRange{8, 8}));
  EXPECT_THAT(OptionsOf({"-u", "7", "-g", "9"}).proxy_gids, ElementsAre(IdRange{9, 9}));
}

TEST(OptionsTest, Ipv6IsOnIfTheFirstAddressIsIpv6) {
  EXPECT_FALSE(OptionsOf({}, {"10.0.0.1", "fd00::1"}).ipv6);
  EXPECT_TRUE(OptionsOf({}, {"fd00::1"}).ipv6);
  EXPECT_FALSE(OptionsOf({}, {"10.0.0.1", "fe80::1"}).ipv6);
  EXPECT_TRUE(OptionsOf({}, {"169.254.0.1", "fd00::1"}).ipv6);
}

TEST(OptionsTest, DualStackIsOnIfAnyAddressIsIpv6) {
  EXPECT_TRUE(OptionsOf({"--dual-stack"}, {"10.0.0.1", "fd00::1"}).ipv6);
  EXPECT_FALSE(OptionsOf({"--dual-stack"}, {"10.0.0.1", "fe80::1"}).ipv6);
  EXPECT_EQ(OptionsOf({"--dual-stack"}, {"10.0.0.1", "fd00::1"}).host_address->Format(),
            "10.0.0.1");
}

TEST(OptionsTest, NoAddressIsAnErrorExceptForCleanup) {
  EXPECT_TRUE(absl::IsFailedPrecondition(Parse({}, {}).status()));
  EXPECT_TRUE(Parse({"--cleanup-only"}, {}).ok());
}

TEST(OptionsTest, AVariableThatIsNoBooleanIsFalseWithAWarning) {
  HostFacts facts = FactsWithAddresses({"10.0.0.1"});
  facts.environment = {{"DROP_INVALID", "yes"}, {"DUAL_STACK", ""}};

  const auto parsed = ParseOptions({}, facts);

  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_FALSE(parsed->options.drop_invalid);
  EXPECT_THAT(parsed->warnings, ElementsAre(HasSubstr("DROP_INVALID")));
}

TEST(OptionsTest, ErrorsNameTheFlagOrTheVariable) {
  HostFacts facts = FactsWithAddresses({"10.0.0.1"});
  facts.environment = {{"ISTIO_OUTBOUND_PORTS", "1,x"}};

  EXPECT_EQ(ParseOptions({}, facts).status().message(),
            "ISTIO_OUTBOUND_PORTS: \"x\" is not a port from 0 to 65535 or a range like 8000:8100");
  EXPECT_THAT(ErrorOf({"-q", "1,x"}), HasSubstr("-q (--istio-outbound-ports): \"x\""));
}

TEST(OptionsTest, ControlCharactersAreEscapedInErrors) {
  EXPECT_THAT(ErrorOf({"-k", "a\nb\x1b[31m"}), HasSubstr("\"a\\nb\\033[31m\""));
}

TEST(OptionsTest, OwnerGroupsAreLimited) {
  HostFacts facts = FactsWithAddresses({"10.0.0.1"});
  std::string groups = "0";
  for (int i = 1; i < 64; ++i) absl::StrAppend(&groups, ",", i);
  facts.environment = {{"ISTIO_OUTBOUND_OWNER_GROUPS", groups}};
  EXPECT_TRUE(ParseOptions({}, facts).ok());

  facts.environment["ISTIO_OUTBOUND_OWNER_GROUPS"] = groups + ",64";
  EXPECT_THAT(ParseOptions({}, facts).status().message(), HasSubstr("has 65 items, at most 64"));
}

TEST(OptionsTest, ListsAndValuesAreLimited) {
  std::string ports = "1";
  for (size_t i = 1; i < kListItemsMax + 1; ++i) absl::StrAppend(&ports, ",1");

  EXPECT_THAT(ErrorOf({"-o", ports}), HasSubstr("at most 4096"));
  EXPECT_THAT(ErrorOf({"-o", std::string(kValueBytesMax + 1, ',')}), HasSubstr("bytes long"));
}

TEST(OptionsTest, LoopbackInTheIncludedRangesIsNoticedAsWritten) {
  EXPECT_TRUE(OptionsOf({"-i", "127.0.0.1/4"}).outbound_ranges.has_loopback);
  EXPECT_TRUE(OptionsOf({"-i", "10.0.0.0/8,::1/128"}).outbound_ranges.has_loopback);
  EXPECT_FALSE(OptionsOf({"-i", "0.0.0.0/0,::/0"}).outbound_ranges.has_loopback);
}

TEST(OptionsTest, DurationsAreThoseOfGo) {
  EXPECT_EQ(OptionsOf({"--probe-timeout", "1m30s"}).probe_timeout, std::chrono::seconds(90));
  EXPECT_EQ(OptionsOf({"--probe-timeout", "1.5s"}).probe_timeout, std::chrono::milliseconds(1500));
  for (const char* wrong : {"", "0s", "-1s", "5", "2h", "inf"}) {
    EXPECT_THAT(ErrorOf({"--probe-timeout", wrong}), HasSubstr("is not a duration")) << wrong;
  }
}

TEST(RestrictToSupportedTest, RefusesWhatTheDataPathCannotDo) {
  for (const Words& words : {Words{"-m", "TPROXY"}, Words{"--native-nftables"}}) {
    auto parsed = Parse(words);
    ASSERT_TRUE(parsed.ok());
    EXPECT_TRUE(absl::IsUnimplemented(RestrictToSupported(*parsed)));
  }
}

TEST(RestrictToSupportedTest, LeavesNoTraceOfDns) {
  HostFacts facts = FactsWithAddresses({"10.0.0.1"});
  facts.resolv_conf = "nameserver 10.96.0.10\n";
  auto parsed = ParseOptions(FlagsFromWords({"-i", "*", "-b", "*", "--redirect-dns"}), facts);
  ASSERT_TRUE(parsed.ok());

  ASSERT_TRUE(RestrictToSupported(*parsed).ok());

  EXPECT_THAT(parsed->warnings, ElementsAre(HasSubstr("DNS")));
  const auto plain = OptionsOf({"-i", "*", "-b", "*"});
  const auto tables = BuildRules(parsed->options, Family::kIpv4);
  const auto expected = BuildRules(plain, Family::kIpv4);
  ASSERT_EQ(tables.size(), 1U);
  ASSERT_EQ(expected.size(), 1U);
  EXPECT_EQ(tables[0].rules, expected[0].rules);
}

TEST(RestrictToSupportedTest, ChangesNothingElse) {
  auto parsed = Parse({"-i", "*", "-b", "*", "--drop-invalid"});
  ASSERT_TRUE(parsed.ok());

  ASSERT_TRUE(RestrictToSupported(*parsed).ok());

  EXPECT_THAT(parsed->warnings, IsEmpty());
  EXPECT_EQ(BuildRules(parsed->options, Family::kIpv4).size(), 2U);
}

}  // namespace
}  // namespace outrigger::iptables

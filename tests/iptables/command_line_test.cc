// SPDX-License-Identifier: Apache-2.0
#include "iptables/command_line.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace outrigger::iptables {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "iptables");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}

FlagValues FlagsOf(std::vector<const char*> words) {
  const auto line = Parse(std::move(words));
  EXPECT_TRUE(line.ok()) << line.status();
  return line.ok() ? line->flags : FlagValues();
}

TEST(CommandLineTest, HoldsOnlyWhatWasGiven) { EXPECT_THAT(FlagsOf({}), IsEmpty()); }

TEST(CommandLineTest, TakesWhatIstioInjects) {
  EXPECT_THAT(FlagsOf({"-p", "15001", "-u", "1337", "-i", "*", "-x", "", "-d", "15090,15021,15020",
                       "--log_output_level=default:info", "--log_as_json", "--run-validation"}),
              ElementsAre(Pair("envoy-port", "15001"),
                          Pair("istio-local-exclude-ports", "15090,15021,15020"),
                          Pair("istio-service-cidr", "*"), Pair("istio-service-exclude-cidr", ""),
                          Pair("proxy-uid", "1337"), Pair("run-validation", "true")));
}

TEST(CommandLineTest, TakesAllFormsOfAFlag) {
  for (const std::vector<const char*>& form : {std::vector<const char*>{"-i", "*"},
                                               {"-i*"},
                                               {"-i=*"},
                                               {"--istio-service-cidr", "*"},
                                               {"--istio-service-cidr=*"}}) {
    EXPECT_THAT(FlagsOf(form), ElementsAre(Pair("istio-service-cidr", "*"))) << form[0];
  }
  EXPECT_THAT(FlagsOf({"--istio-service-cidr=", "-n"}),
              ElementsAre(Pair("dry-run", "true"), Pair("istio-service-cidr", "")));
  EXPECT_THAT(FlagsOf({"--dual-stack=false"}), ElementsAre(Pair("dual-stack", "false")));
  EXPECT_THAT(FlagsOf({"-ni", "*"}),
              ElementsAre(Pair("dry-run", "true"), Pair("istio-service-cidr", "*")));
}

TEST(CommandLineTest, TheLastOfTwoCounts) {
  EXPECT_THAT(FlagsOf({"-u", "1", "-u", "2"}), ElementsAre(Pair("proxy-uid", "2")));
}

TEST(CommandLineTest, RejectsWhatIstioDoesNotHave) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"--nothing"}, {"-w"}, {"word"}, {"-b"}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Parse(words).status())) << words[0];
  }
  EXPECT_THAT(Parse({"--nothing", "1"}).status().message(), HasSubstr("--nothing"));
}

TEST(CommandLineTest, HelpShowsEveryFlagAndExamples) {
  const auto line = Parse({"--help"});

  ASSERT_TRUE(line.ok() && line->help);
  for (const FlagSpec& spec : Flags()) EXPECT_THAT(*line->help, HasSubstr(std::string(spec.name)));
  EXPECT_THAT(*line->help, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace outrigger::iptables

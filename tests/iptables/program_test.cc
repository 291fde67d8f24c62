// SPDX-License-Identifier: Apache-2.0
#include "iptables/program.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace outrigger::iptables {
namespace {

TEST(ProgramTest, GivesInputAndTakesOutputOfAnySize) {
  const std::string input(3'000'000, 'x');

  const auto result = RunProgram({"cat"}, input);

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 0);
  EXPECT_TRUE(result->output == input);
}

TEST(ProgramTest, ToleratesAProgramThatReadsNothing) {
  const auto result = RunProgram({"true"}, std::string(3'000'000, 'x'));

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 0);
}

TEST(ProgramTest, TellsStatusAndErrors) {
  const auto result = RunProgram({"sh", "-c", "echo wrong >&2; exit 3"}, "");

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 3);
  EXPECT_EQ(result->errors, "wrong\n");
}

TEST(ProgramTest, TellsTheSignalThatEndedTheProgram) {
  const auto result = RunProgram({"sh", "-c", "kill -9 $$"}, "");

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_status, 128 + 9);
}

TEST(ProgramTest, AddsToTheEnvironment) {
  const auto result = RunProgram({"sh", "-c", "echo \"$ADDED:$PATH\""}, "", {"ADDED=yes"});

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->output, testing::MatchesRegex("yes:.+\n"));
}

TEST(ProgramTest, NamesAProgramThatIsMissing) {
  const auto result = RunProgram({"no-such-program"}, "");

  EXPECT_TRUE(absl::IsNotFound(result.status()));
  EXPECT_THAT(result.status().message(), testing::HasSubstr("no-such-program"));
}

}  // namespace
}  // namespace outrigger::iptables

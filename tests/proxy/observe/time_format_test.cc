// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/time_format.h"

#include <gtest/gtest.h>

namespace outrigger::observe {
namespace {

using std::chrono::system_clock;

constexpr system_clock::time_point kTime(std::chrono::microseconds(1'795'276'510'828'368));

// Recorded from Envoy 1.40.
TEST(TimeFormatTest, PrintsWhatEnvoyPrints) {
  EXPECT_EQ(FormatTime(kTime, ""), "2026-11-21T15:55:10.828Z");
  EXPECT_EQ(FormatTime(kTime, "%s"), "1795276510");
  EXPECT_EQ(FormatTime(kTime, "%s.%3f"), "1795276510.828");
  EXPECT_EQ(FormatTime(kTime, "%f"), "828368000");
  EXPECT_EQ(FormatTime(kTime, "%1f|%6f|%9f"), "8|828368|828368000");
  EXPECT_EQ(FormatTime(kTime, "%Y/%m/%d %H:%M:%S.%3f %z %Z"), "2026/11/21 15:55:10.828 +0000 UTC");
  EXPECT_EQ(FormatTime(kTime, "%E*S"), "10.828368");
}

TEST(TimeFormatTest, KeepsWhatIsNoSpecifier) {
  EXPECT_EQ(FormatTime(kTime, "%%s 100% "), "%s 100% ");
  EXPECT_EQ(FormatTime(kTime, "%"), "%");
  EXPECT_EQ(FormatTime(kTime, "plain"), "plain");
}

TEST(TimeFormatTest, RoundsDownBefore1970) {
  const system_clock::time_point before(std::chrono::milliseconds(-1));

  EXPECT_EQ(FormatTime(before, ""), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTime(before, "%s"), "-1");
}

}  // namespace
}  // namespace outrigger::observe

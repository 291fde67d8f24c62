// SPDX-License-Identifier: Apache-2.0
#include "config/access_log_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace outrigger::config {
namespace {

// Pieces as text: literals in quotes, operators as NAME(argument):length.
std::string Show(absl::string_view text) {
  const auto format = ParseFormat(text);
  if (!format.ok()) return "error";
  std::string shown;
  for (const FormatPiece& piece : *format) {
    if (piece.operator_name.empty()) {
      absl::StrAppend(&shown, "'", piece.literal, "' ");
      continue;
    }
    absl::StrAppend(&shown, piece.operator_name, "(", piece.argument, ")");
    if (piece.length_max) absl::StrAppend(&shown, ":", *piece.length_max);
    shown += ' ';
  }
  return shown;
}

TEST(AccessLogFormatTest, CutsIntoPieces) {
  EXPECT_EQ(Show(""), "");
  EXPECT_EQ(Show("plain"), "'plain' ");
  EXPECT_EQ(Show("[%START_TIME%] x"), "'[' START_TIME() '] x' ");
  EXPECT_EQ(Show("%DURATION%%BYTES_SENT%"), "DURATION() BYTES_SENT() ");
  EXPECT_EQ(Show("100%% %DURATION%"), "'100% ' DURATION() ");
  EXPECT_EQ(Show("%FILTER_STATE(outrigger.close_reason:PLAIN):64%"),
            "FILTER_STATE(outrigger.close_reason:PLAIN):64 ");
  EXPECT_EQ(Show("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"), "REQ(X-ENVOY-ORIGINAL-PATH?:PATH) ");
}

TEST(AccessLogFormatTest, ArgumentsMayHoldPercentSignsAndParentheses) {
  EXPECT_EQ(Show("%START_TIME(%Y/%m/%dT%H:%M:%S%z)%!"), "START_TIME(%Y/%m/%dT%H:%M:%S%z) '!' ");
  EXPECT_EQ(Show("%START_TIME(%s.%3f)% %DURATION%"), "START_TIME(%s.%3f) ' ' DURATION() ");
  EXPECT_EQ(Show("%CEL(size(a) > 1)%"), "CEL(size(a) > 1) ");
}

TEST(AccessLogFormatTest, RefusesWhatIsNoOperator) {
  for (const char* text : {"%", "a%", "%FOO", "%FOO BAR%", "%foo%", "%FOO(%", "%FOO(a%", "%FOO(a)",
                           "%FOO:%", "%FOO:x%", "%FOO:-1%", "%FOO:4294967296%", "%%%", "%()%"}) {
    EXPECT_EQ(Show(text), "error") << text;
  }
}

TEST(AccessLogFormatTest, DefaultFormatIsIstiosAndKnown) {
  const auto format = ParseFormat(kDefaultTextFormat);

  ASSERT_TRUE(format.ok()) << format.status();
  const auto operators =
      std::count_if(format->begin(), format->end(),
                    [](const FormatPiece& piece) { return !piece.operator_name.empty(); });
  EXPECT_EQ(operators, 24);
  for (const FormatPiece& piece : *format) {
    EXPECT_TRUE(piece.operator_name.empty() || IsKnownOperator(piece.operator_name))
        << piece.operator_name;
  }
}

TEST(AccessLogFormatTest, KnownOperatorsAreSorted) {
  EXPECT_TRUE(std::is_sorted(KnownOperators().begin(), KnownOperators().end()));
  EXPECT_TRUE(IsKnownOperator("BYTES_SENT"));
  EXPECT_FALSE(IsKnownOperator("BYTES_SENTX"));
}

}  // namespace
}  // namespace outrigger::config

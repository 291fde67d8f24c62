// SPDX-License-Identifier: Apache-2.0
#include "xds/scalar_reader.h"

#include <gtest/gtest.h>

#include <limits>

#include "xds/utf8.h"

namespace outrigger::xds {
namespace {

TEST(ScalarReaderTest, ReadsWholeNumbers) {
  EXPECT_EQ(ParseUnsigned("0"), 0U);
  EXPECT_EQ(ParseUnsigned("18446744073709551615"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(ParseSigned("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (const char* text : {"", "-", "-1", "+1", " 1", "1 ", "01", "0x10", "1.0", "1e3", "1_000",
                           "18446744073709551616"}) {
    EXPECT_EQ(ParseUnsigned(text), std::nullopt) << text;
  }
  for (const char* text : {"", "-", "--1", "-01", "9223372036854775808"})
    EXPECT_EQ(ParseSigned(text), std::nullopt) << text;
}

TEST(ScalarReaderTest, ReadsNumbersOfJson) {
  EXPECT_EQ(ParseDouble("-1.5e+3"), -1500.0);
  EXPECT_EQ(ParseDouble("0"), 0.0);
  EXPECT_TRUE(ParseDouble("NaN").has_value());
  for (const char* text :
       {"", "-", ".5", "5.", "1e", "1e+", "0x1p3", "inf", "nan", "+1", "01.5", " 1", "1,5"}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
}

TEST(ScalarReaderTest, ReadsDurations) {
  EXPECT_EQ(ParseDuration("0s"), (SecondsAndNanos{0, 0}));
  EXPECT_EQ(ParseDuration("1.5s"), (SecondsAndNanos{1, 500'000'000}));
  EXPECT_EQ(ParseDuration("0.000000001s"), (SecondsAndNanos{0, 1}));
  EXPECT_EQ(ParseDuration("-0.25s"), (SecondsAndNanos{0, -250'000'000}));
  EXPECT_EQ(ParseDuration("315576000000s"), (SecondsAndNanos{315'576'000'000, 0}));
  for (const char* text : {"", "s", "5", "5m", "5 s", ".5s", "5.s", "1.0000000001s", "+1s", "--1s",
                           "1e3s", "315576000001s", "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(ScalarReaderTest, ReadsTimestamps) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:01.5Z"), (SecondsAndNanos{1, 500'000'000}));
  EXPECT_EQ(ParseTimestamp("1970-01-01T01:00:00+01:00"), (SecondsAndNanos{0, 0}));
  for (const char* text : {"", "now", "1970-01-01", "infinite-future"})
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
}

TEST(ScalarReaderTest, ReadsBooleans) {
  EXPECT_EQ(ParseBool("true"), true);
  EXPECT_EQ(ParseBool("off"), false);
  for (const char* text : {"", "1", "0", "t", "truE"})
    EXPECT_EQ(ParseBool(text), std::nullopt) << text;
}

TEST(Utf8Test, FindsTheFirstBadByte) {
  EXPECT_EQ(FindInvalidText("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), absl::string_view::npos);
  EXPECT_EQ(FindInvalidText("ab\x80"), 2U);            // continuation without lead
  EXPECT_EQ(FindInvalidText("\xC3"), 0U);              // cut off
  EXPECT_EQ(FindInvalidText("\xC0\xAF"), 0U);          // overlong
  EXPECT_EQ(FindInvalidText("\xED\xA0\x80"), 0U);      // surrogate
  EXPECT_EQ(FindInvalidText("\xF4\x90\x80\x80"), 0U);  // beyond Unicode
  EXPECT_EQ(FindInvalidText(absl::string_view("a\0", 2)), 1U);
}

}  // namespace
}  // namespace outrigger::xds

// SPDX-License-Identifier: Apache-2.0
#include "proxy/observe/utf8.h"

#include <gtest/gtest.h>

namespace outrigger::observe {
namespace {

TEST(Utf8Test, KnowsWellFormedCharacters) {
  EXPECT_EQ(Utf8CharacterLength("a"), 1U);
  EXPECT_EQ(Utf8CharacterLength(absl::string_view("\0", 1)), 1U);
  EXPECT_EQ(Utf8CharacterLength("\xC2\x80"), 2U);
  EXPECT_EQ(Utf8CharacterLength("\xE0\xA0\x80"), 3U);
  EXPECT_EQ(Utf8CharacterLength("\xED\x9F\xBF"), 3U);
  EXPECT_EQ(Utf8CharacterLength("\xF0\x90\x80\x80"), 4U);
  EXPECT_EQ(Utf8CharacterLength("\xF4\x8F\xBF\xBF"), 4U);
}

TEST(Utf8Test, RefusesTheRest) {
  for (const char* text : {"", "\x80", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF",
                           "\xED\xA0\x80", "\xE1\x80", "\xE1\x80\x41", "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(Utf8CharacterLength(text), 0U) << text;
  }
}

TEST(Utf8Test, ReplacesEachBadByte) {
  EXPECT_EQ(ReplaceInvalidUtf8("a\xFF\xC3\xA9\xE1\x80z"),
            "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(Utf8Test, CutsBetweenCharacters) {
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
  EXPECT_EQ(CutUtf8("abc", 0), "");
  EXPECT_EQ(CutUtf8("a\xC3\xA9", 2), "a");
  EXPECT_EQ(CutUtf8("\xF0\x9F\x98\x80z", 3), "");
  EXPECT_EQ(CutUtf8("\xF0\x9F\x98\x80z", 4), "\xF0\x9F\x98\x80");
  EXPECT_EQ(CutUtf8("\xFF\xFF\xFF", 2), "\xFF\xFF");
}

}  // namespace
}  // namespace outrigger::observe

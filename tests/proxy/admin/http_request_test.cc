// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/http_request.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace outrigger::admin {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

TEST(TargetTest, SplitsAndDecodes) {
  const Target target = ParseTarget("/a%20b?x=1&y&z=a=b&x=2&%3D=%26&&");

  EXPECT_EQ(target.path, "/a b");
  EXPECT_EQ(target.query, (Query{{"x", "1"}, {"y", ""}, {"z", "a=b"}, {"x", "2"}, {"=", "&"}}));
  EXPECT_EQ(target.Get("x"), "1");
  EXPECT_TRUE(target.Has("y"));
  EXPECT_FALSE(target.Has("q"));
  EXPECT_EQ(target.Get("q"), "");
}

TEST(TargetTest, KeepsWhatItCannotDecode) {
  EXPECT_EQ(ParseTarget("/%zz%4%").path, "/%zz%4%");
  EXPECT_EQ(ParseTarget("").path, "");
  EXPECT_EQ(ParseTarget("?").path, "");
  EXPECT_EQ(ParseTarget("/a?b?c=d").query, (Query{{"b?c", "d"}}));
  EXPECT_EQ(ParseTarget("/%ff%00").path, std::string("/\xff\0", 3));
}

TEST(TargetTest, StopsAtItsLimit) {
  std::string text = "/?";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&text, "k", i, "&");

  EXPECT_EQ(ParseTarget(text).query.size(), kQueryParametersMax);
}

TEST(HostTest, AllowsAddressesAndLocalhost) {
  for (const char* host : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:15000",
                           "10.1.2.3:1", "[::1]", "[fd00::1]:65535"}) {
    EXPECT_TRUE(IsAllowedHost(host)) << host;
  }
}

TEST(HostTest, RefusesNames) {
  for (const char* host :
       {"", "example.org", "localhost.", "localhost.example.org", "127.0.0.1.nip.io",
        "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:123456", "127.0.0.1 ", "::1", "[::1", "[::1]x",
        "[]:80", "0x7f.1", "localhost:80:80", "user@127.0.0.1"}) {
    EXPECT_FALSE(IsAllowedHost(host)) << host;
  }
}

TEST(OriginTest, IsSameOnlyForOurOwnPages) {
  EXPECT_TRUE(IsSameOrigin("http://localhost:15000", "localhost:15000"));
  EXPECT_FALSE(IsSameOrigin("https://localhost:15000", "localhost:15000"));
  EXPECT_FALSE(IsSameOrigin("http://localhost", "localhost:15000"));
  EXPECT_FALSE(IsSameOrigin("null", "null"));
  EXPECT_FALSE(IsSameOrigin("", ""));
}

}  // namespace
}  // namespace outrigger::admin

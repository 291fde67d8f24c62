// SPDX-License-Identifier: Apache-2.0
#include "config/socket_address.h"

#include <gtest/gtest.h>

#include "config/cidr.h"

namespace outrigger::config {
namespace {

TEST(SocketAddressTest, FormatsWhatItParses) {
  for (const char* text :
       {"10.0.0.1:80", "0.0.0.0:0", "[fd00::1]:65535", "[::]:15006", "[::6]:1"}) {
    const auto address = SocketAddress::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->Format(), text);
  }
}

TEST(SocketAddressTest, RefusesWhatIsNotOne) {
  for (const char* text : {"", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:-1",
                           "10.0.0.1: 1", "10.0.0.1:+1", "fd00::1:80", "[10.0.0.1]:80", "[fd00::1]",
                           "[fe80::1%eth0]:80", "010.0.0.1:80", "10.1:80"}) {
    EXPECT_FALSE(SocketAddress::Parse(text).ok()) << text;
  }
}

TEST(SocketAddressTest, UnmapsIpv4InIpv6) {
  EXPECT_EQ(*IpAddress::Parse("::ffff:10.0.0.1"), *IpAddress::Parse("10.0.0.1"));
}

TEST(SocketAddressTest, SurvivesTheKernelsForm) {
  for (const char* text : {"10.0.0.1:80", "[fd00::1]:443"}) {
    const auto address = SocketAddress::Parse(text);
    sockaddr_storage storage{};
    address->ToSockaddr(storage);
    EXPECT_EQ(*SocketAddress::FromSockaddr(storage), *address);
  }
}

TEST(IpAddressTest, KnowsLoopbackAndWildcard) {
  EXPECT_TRUE(IpAddress::Parse("127.0.0.6")->IsLoopback());
  EXPECT_TRUE(IpAddress::Parse("::1")->IsLoopback());
  EXPECT_FALSE(IpAddress::Parse("::6")->IsLoopback());
  EXPECT_TRUE(IpAddress::Parse("::")->IsWildcard());
  EXPECT_FALSE(IpAddress::Parse("::")->IsLoopback());
}

TEST(CidrTest, ContainsByBits) {
  const auto range = Cidr::Parse("10.1.2.3/15");
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->Format(), "10.0.0.0/15");
  EXPECT_TRUE(range->Contains(*IpAddress::Parse("10.1.255.255")));
  EXPECT_FALSE(range->Contains(*IpAddress::Parse("10.2.0.0")));
  EXPECT_FALSE(range->Contains(*IpAddress::Parse("fd00::1")));
  EXPECT_TRUE(Cidr::Parse("::/0")->Contains(*IpAddress::Parse("fd00::1")));
}

TEST(CidrTest, RefusesLengthsBeyondTheFamily) {
  for (const char* text :
       {"10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "/8", "x/8"}) {
    EXPECT_FALSE(Cidr::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace outrigger::config

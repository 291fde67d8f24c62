// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/application_sockets.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/tcp_pair.h"

namespace outrigger::server {
namespace {

TEST(ApplicationSocketsTest, SeesASocketOfAnotherUser) {
  const testing::TcpPair pair = testing::MakeTcpPair();

  // Ours belong to "another user" for somebody who is not us.
  const auto others = OthersHaveTcpSockets(geteuid() + 1, {});

  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_TRUE(*others);
}

TEST(ApplicationSocketsTest, DoesNotCountIgnoredUsers) {
  const auto with = OthersHaveTcpSockets(geteuid() + 1, {});
  const testing::TcpPair pair = testing::MakeTcpPair();

  const auto without_ours = OthersHaveTcpSockets(geteuid() + 1, {geteuid()});

  ASSERT_TRUE(with.ok() && without_ours.ok());
  // What is left, if anything, belongs to third users and was there before.
  EXPECT_LE(*without_ours, *with);
}

}  // namespace
}  // namespace outrigger::server

// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/worker_loads.h"

#include <gtest/gtest.h>

#include "proxy/server/process_limits.h"

namespace outrigger::server {
namespace {

TEST(WorkerLoadsTest, EightLongConnectionsSplitFourToFourWhoeverAccepts) {
  WorkerLoads loads(2, {.sessions = 100, .sessions_by_descriptors = 100});
  size_t on_first = 0;

  for (int i = 0; i < 8; ++i) {
    if (loads.Assign(0) == 0) ++on_first;
  }

  EXPECT_EQ(on_first, 4U);
}

TEST(WorkerLoadsTest, KeepsAConnectionWhereItIsUnlessAnotherCarriesClearlyLess) {
  WorkerLoads loads(2, {.sessions = 1000, .sessions_by_descriptors = 1000});
  for (int i = 0; i < 200; ++i) loads.Assign(static_cast<size_t>(i % 2));
  // 105 against 100 is within an eighth.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(loads.Assign(0), 0U);
}

TEST(WorkerLoadsTest, CountsTowardsTheLimits) {
  WorkerLoads loads(1, {.sessions = 2, .sessions_by_descriptors = 1});
  EXPECT_FALSE(loads.AtDescriptorLimit());
  loads.Assign(0);
  EXPECT_TRUE(loads.AtDescriptorLimit());
  EXPECT_FALSE(loads.AtSessionLimit());
  loads.Assign(0);
  EXPECT_TRUE(loads.AtSessionLimit());
  loads.Remove(0);
  EXPECT_FALSE(loads.AtSessionLimit());
}

TEST(SessionLimitsTest, LeavesDescriptorsForTheAdmin) {
  const WorkerLoads::Limits limits = SessionLimits(0, 1024, 2);
  EXPECT_LE(limits.sessions_by_descriptors * 2, 1024U - 128U);
  EXPECT_GT(limits.sessions_by_descriptors, 300U);
  EXPECT_EQ(SessionLimits(0, 10, 2).sessions_by_descriptors, 1U);
  EXPECT_EQ(SessionLimits(7, 1024, 2).sessions, 7U);
}

}  // namespace
}  // namespace outrigger::server

// SPDX-License-Identifier: Apache-2.0
#include "proxy/server/cpu_count.h"

#include <gtest/gtest.h>

namespace outrigger::server {
namespace {

TEST(CpuCountTest, RoundsAQuotaUp) {
  EXPECT_EQ(CpusOfCpuMax("150000 100000"), 2U);
  EXPECT_EQ(CpusOfCpuMax("100000 100000"), 1U);
  EXPECT_EQ(CpusOfCpuMax("1000 100000"), 1U);
  EXPECT_EQ(CpusOfCfs("400000", "100000"), 4U);
}

TEST(CpuCountTest, KnowsNoQuota) {
  for (const char* text : {"max 100000", "", "x y", "100000", "100000 0", "-1 100000"}) {
    EXPECT_EQ(CpusOfCpuMax(text), 0U) << text;
  }
  EXPECT_EQ(CpusOfCfs("-1", "100000"), 0U);
}

TEST(CpuCountTest, AllowsAtLeastOne) { EXPECT_GE(AllowedCpus(), 1U); }

}  // namespace
}  // namespace outrigger::server

// SPDX-License-Identifier: Apache-2.0
//
// The reader warns of operators that the access log cannot print: both have to mean the same ones.
#include <gtest/gtest.h>

#include "config/access_log_format.h"
#include "proxy/observe/access_log_operators.h"

namespace outrigger {
namespace {

TEST(KnownOperatorsTest, AreThoseOfTheAccessLog) {
  for (const absl::string_view name : config::KnownOperators()) {
    EXPECT_TRUE(observe::IsKnownOperator(name)) << name;
  }
  EXPECT_FALSE(observe::IsKnownOperator("NO_SUCH_OPERATOR"));
}

}  // namespace
}  // namespace outrigger

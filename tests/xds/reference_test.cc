// SPDX-License-Identifier: Apache-2.0
#include "xds/reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace outrigger::xds {
namespace {

TEST(ReferenceTest, CommittedFileIsCurrent) {
  std::ifstream file(OUTRIGGER_REFERENCE);
  std::stringstream committed;
  committed << file.rdbuf();

  EXPECT_EQ(committed.str(), FormatReference())
      << "run: outrigger validate --reference > config/REFERENCE.md";
}

}  // namespace
}  // namespace outrigger::xds

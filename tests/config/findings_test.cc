// SPDX-License-Identifier: Apache-2.0
#include "config/findings.h"

#include <gtest/gtest.h>

namespace outrigger::config {
namespace {

TEST(FieldPathTest, FormatsStepsAndIndexes) {
  const FieldPath root;
  const FieldPath resources = root.Field("static_resources");
  const FieldPath cluster = resources.Element("clusters", 3);

  EXPECT_EQ(root.Format(), "");
  EXPECT_EQ(cluster.Field("name").Format(), "static_resources.clusters[3].name");
}

TEST(FindingsTest, KeepsErrorsAndWarningsApart) {
  Findings findings;
  const FieldPath root;
  findings.Warning(root.Field("a"), "1", "is ignored");
  EXPECT_TRUE(findings.ok());

  findings.Error(root.Field("b"), "2", "expected 3");

  EXPECT_FALSE(findings.ok());
  ASSERT_EQ(findings.errors().size(), 1U);
  EXPECT_EQ(findings.errors()[0].path, "b");
  EXPECT_EQ(findings.errors()[0].value, "2");
  EXPECT_EQ(findings.errors()[0].message, "expected 3");
  ASSERT_EQ(findings.warnings().size(), 1U);
}

TEST(FindingsTest, CountsWhatItDoesNotKeep) {
  Findings findings;
  for (size_t i = 0; i < kFindingsMax + 5; ++i) findings.Error(FieldPath(), "x");

  EXPECT_EQ(findings.errors().size(), kFindingsMax);
  EXPECT_EQ(findings.errors_dropped(), 5U);
}

}  // namespace
}  // namespace outrigger::config

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The summary of a test run never calls a bad run good."""

import contextlib
import io
import os
import tempfile
import unittest

import summary

PASSING = '<testcase classname="A" name="passes" status="run"/>'
FAILING = '<testcase classname="A" name="fails" status="run"><failure message="no"/></testcase>'
SKIPPED = '<testcase classname="A" name="skips" status="run"><skipped/></testcase>'


class SummaryTest(unittest.TestCase):
    def run_on(self, **reports):
        """Exit code and last line for reports given by name: ctest, pytest, gtest_PROGRAM, or sanitizer (any text)."""
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "gtest"))
            os.mkdir(os.path.join(folder, "sanitizer"))
            for name, cases in reports.items():
                path = f"{name}.xml" if name in ("ctest", "pytest") else f"gtest/{name.removeprefix('gtest_')}.xml"
                text = f"<testsuite>{cases}</testsuite>"
                if name == "sanitizer":
                    path, text = "sanitizer/asan.1", cases
                with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                    file.write(text)
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                code = summary.main(folder)
        return code, printed.getvalue().splitlines()[-1]

    def test_counts_cases_not_programs(self):
        result = self.run_on(ctest='<testcase name="p" status="run"/>', gtest_p=PASSING * 3, pytest=PASSING * 2)

        self.assertEqual((0, "5 passed, 0 failed"), result)

    def test_a_program_without_cases_counts_as_one(self):
        self.assertEqual((0, "1 passed, 0 failed"), self.run_on(ctest='<testcase name="p" status="run"/>'))

    def test_a_failure_fails(self):
        failed = '<testcase name="p" status="fail"><failure message=""/></testcase>'

        self.assertEqual((1, "1 passed, 1 failed"), self.run_on(ctest=failed, gtest_p=PASSING + FAILING))

    def test_a_program_that_dies_after_its_cases_fails(self):
        failed = '<testcase name="p" status="fail"><failure message=""/></testcase>'

        self.assertEqual((1, "1 passed, 1 failed"), self.run_on(ctest=failed, gtest_p=PASSING))

    def test_a_skipped_test_fails(self):
        self.assertEqual((1, "1 passed, 0 failed, 1 skipped"), self.run_on(pytest=PASSING + SKIPPED))

    def test_a_sanitizer_finding_fails(self):
        self.assertEqual((1, "1 passed, 1 failed"), self.run_on(pytest=PASSING, sanitizer="data race"))

    def test_no_test_at_all_fails(self):
        self.assertEqual((1, "0 passed, 0 failed"), self.run_on())


if __name__ == "__main__":
    unittest.main()

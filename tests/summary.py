#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what a test run left in its reports folder and ends in the line `N passed, N failed`.

The folder holds ctest.xml (one entry a program), gtest/*.xml (one entry a test case), pytest.xml, and sanitizer/* (one file a
process in which a sanitizer found something: a failure). A program that is no GTest, or that died before it wrote its report,
counts as one test. Exits with 1 if a test failed, was skipped, or none ran.
"""

import glob
import os
import sys
import xml.etree.ElementTree as ET


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def cases_of(path):
    """Name and outcome of each test case of one JUnit-like file."""
    for case in ET.parse(path).getroot().iter("testcase"):
        yield f"{case.get('classname')}.{case.get('name')}", outcome(case)


def unit_results(reports):
    by_program = {}
    for path in glob.glob(os.path.join(reports, "gtest", "*.xml")):
        by_program[os.path.splitext(os.path.basename(path))[0]] = list(cases_of(path))
    ctest = os.path.join(reports, "ctest.xml")
    if not os.path.exists(ctest):
        return
    for case in ET.parse(ctest).getroot().iter("testcase"):
        name, whole = case.get("name"), outcome(case)
        cases = by_program.get(name, [])
        yield from cases
        # A sanitizer that complains at exit fails the program, but no case of it.
        if not cases or (whole == "failed" and all(result == "passed" for _, result in cases)):
            yield name, whole


def results(reports):
    yield from unit_results(reports)
    pytest = os.path.join(reports, "pytest.xml")
    if os.path.exists(pytest):
        yield from cases_of(pytest)
    for path in sorted(glob.glob(os.path.join(reports, "sanitizer", "*"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            print(file.read())
        yield f"sanitizer finding in {path}", "failed"


def main(reports):
    found = list(results(reports))
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for name, result in found:
        count[result] += 1
        if result != "passed":
            print(f"{result}: {name}")
    if not found:
        print("no test has run: does --filter name one?")
    if count["skipped"]:
        print("a skipped test counts as a failure here: nobody would miss it")
    line = f"{count['passed']} passed, {count['failed']} failed"
    print(line + (f", {count['skipped']} skipped" if count["skipped"] else ""))
    return 0 if count["passed"] and not count["failed"] and not count["skipped"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

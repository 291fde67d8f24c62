# SPDX-License-Identifier: Apache-2.0
"""What the kernel holds after `outrigger iptables` against what it held after Istio's own program, for every recorded call.

TPROXY and DNS are not here: outrigger refuses the one and leaves the other out, see bad_input_test.py and apply_test.py.
"""

import concurrent.futures
import functools
import pathlib
import tempfile

import pytest

from tests.golden.iptables import golden
from tests.golden.iptables.record import record

# The kernel makes these programs wait more than they compute.
PARALLEL = 4


def _is_offered(case):
    words = case["args"] + list(case["env"].items())
    return "TPROXY" not in str(words) and not any(name in str(words) for name in ("redirect-dns", "REDIRECT_DNS", "DNS_CAPTURE"))


CASES = {case["name"]: case for case in golden.read()[1] if _is_offered(case)}


@functools.cache
def _pool():
    return concurrent.futures.ThreadPoolExecutor(PARALLEL)


def _run(binary, case):
    with tempfile.TemporaryDirectory() as folder:
        return {back_end: record([binary, "iptables"], case, back_end, pathlib.Path(folder)) for back_end in golden.BACK_ENDS}


@pytest.fixture(name="runs", scope="module")
def fixture_runs(outrigger_binary):
    """A future per case, so that two run at a time while the tests read the results in order."""
    futures = {name: _pool().submit(_run, outrigger_binary, case) for name, case in CASES.items()}
    yield futures
    for future in futures.values():
        future.cancel()


@pytest.mark.parametrize("name", CASES)
def test_kernel_holds_the_same_as_after_istio(name, runs):
    assert runs[name].result() == CASES[name]["results"]


def test_enough_cases_are_compared():
    assert len(CASES) > 200

# SPDX-License-Identifier: Apache-2.0
"""What every integration test has: the program under test, the load it may make, and a deadline."""

import contextlib
import os
import pathlib
import signal

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 120


@pytest.fixture(scope="session")
def outrigger_binary():
    """Path of the program: OUTRIGGER_BINARY, or the release build."""
    path = os.environ.get("OUTRIGGER_BINARY", str(ROOT / "build" / "release" / "outrigger"))
    if not os.access(path, os.X_OK):
        pytest.fail(f"no program at {path}: run ./dev build, or set OUTRIGGER_BINARY")
    return path


@pytest.fixture(scope="session")
def load_scale():
    """Share of the full load that load tests make: 1, or OUTRIGGER_TEST_SCALE (a tenth under sanitizers)."""
    return float(os.environ.get("OUTRIGGER_TEST_SCALE", "1"))


@contextlib.contextmanager
def deadline(item):
    """Ends a test that hangs by an exception where it stands, so that what it made is still cleaned up."""
    marker = item.get_closest_marker("deadline")
    seconds = marker.args[0] if marker else DEADLINE_SECONDS

    def expire(_signal, _frame):
        raise TimeoutError(f"{item.nodeid} is not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    with deadline(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    with deadline(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    with deadline(item):
        yield

# SPDX-License-Identifier: Apache-2.0
"""One pod with a proxy for each module; tests that need another one make their own."""

import pytest

from tests.integration.datapath.half_close import LateAnswers
from tests.integration.datapath.rig import Rig

WAITING_TESTS = "datapath/half_close_test.py"


def pytest_collection_modifyitems(items):
    """What waits for a minute comes last: the other tests pass its time."""
    items.sort(key=lambda item: WAITING_TESTS in item.nodeid)


@pytest.fixture(scope="session", autouse=True)
def late_answers(request):
    """Begun with the first test of this folder."""
    if not any(WAITING_TESTS in item.nodeid for item in request.session.items):
        yield None
        return
    made = LateAnswers(request.getfixturevalue("outrigger_binary"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def rig(outrigger_binary):
    """A pod with rules and without a proxy."""
    with Rig(outrigger_binary) as made:
        yield made


@pytest.fixture(scope="module")
def proxy(rig):
    """A sidecar with two workers in `rig`, for tests that need nothing special of it."""
    return rig.start_proxy(arguments=["--concurrency", "2"])

# SPDX-License-Identifier: Apache-2.0
"""One pod with a proxy for each module; tests that need another one make their own."""

import pytest

from tests.integration.datapath.rig import Rig


@pytest.fixture(scope="module")
def rig(outrigger_binary):
    """A pod with rules and without a proxy."""
    with Rig(outrigger_binary) as made:
        yield made


@pytest.fixture(scope="module")
def proxy(rig):
    """A sidecar with two workers in `rig`, for tests that need nothing special of it."""
    return rig.start_proxy(arguments=["--concurrency", "2"])

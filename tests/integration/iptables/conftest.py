# SPDX-License-Identifier: Apache-2.0
import pytest

from tests.integration.iptables.rig import Rig


@pytest.fixture(name="rig")
def fixture_rig(outrigger_binary):
    made = Rig(outrigger_binary)
    yield made
    made.close()

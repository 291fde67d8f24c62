# SPDX-License-Identifier: Apache-2.0
import pathlib
import shutil
import tempfile

import pytest

from tests.integration.iptables.rig import Rig


@pytest.fixture(name="readable_binary", scope="session")
def fixture_readable_binary(outrigger_binary):
    """A copy of the program that every user can run: the repository may stand in a home folder that is closed to others."""
    with tempfile.TemporaryDirectory(prefix="outrigger-test-") as folder:
        pathlib.Path(folder).chmod(0o755)
        copy = pathlib.Path(folder) / "outrigger"
        shutil.copyfile(outrigger_binary, copy)
        copy.chmod(0o755)
        yield str(copy)


@pytest.fixture(name="rig")
def fixture_rig(readable_binary):
    made = Rig(readable_binary)
    yield made
    made.close()

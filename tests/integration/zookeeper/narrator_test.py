# SPDX-License-Identifier: Apache-2.0
"""How the story looks: aligned tables, and colours on a terminal only."""

import io

import pytest

from tests.integration.zookeeper.narrator import Narrator


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_columns_are_as_wide_as_their_longest_cell():
    stream = io.StringIO()

    Narrator(stream).table(["pod", "n"], [["zookeeper-0", 1], ["z", 22]])

    lines = [line.strip() for line in stream.getvalue().splitlines() if line]
    assert lines == ["pod          n", "zookeeper-0  1", "z            22"]


@pytest.mark.parametrize(("stream", "environment", "coloured"), [
    (Terminal(), {"TERM": "xterm"}, True),
    (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, False),
    (Terminal(), {"TERM": "dumb"}, False),
    (io.StringIO(), {"TERM": "xterm"}, False),
])
def test_colours_appear_on_a_terminal_that_wants_them(monkeypatch, stream, environment, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    Narrator(stream).verdict(True, "Act one")

    assert stream.getvalue() == ("\033[1;32mPASS\033[0m  Act one\n" if coloured else "PASS  Act one\n")

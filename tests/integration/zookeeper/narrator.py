# SPDX-License-Identifier: Apache-2.0
"""How the story is told: lines with the time, tables, PASS and FAIL. Colours only on a terminal."""

import os
import time

BOLD, GREEN, RED, DIM = "1", "1;32", "1;31", "2"


class Narrator:
    """Writes to `stream`. Lines carry the seconds since it was made."""

    def __init__(self, stream):
        self._stream = stream
        self._colour = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self._begin = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self._begin

    def title(self, text):
        self._write(f"\n{self._painted(BOLD, text)}")

    def say(self, text):
        self._write(f"{self._painted(DIM, f'{self.elapsed():6.1f} s')}  {text}")

    def plain(self, text):
        self._write(text)

    def table(self, headings, rows):
        """Columns as wide as their longest cell."""
        rows = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
        self._write("")
        self._write("          " + self._painted(BOLD, _line(headings, widths)))
        for row in rows:
            self._write("          " + _line(row, widths))
        self._write("")

    def verdict(self, passed, text):
        word = self._painted(GREEN, "PASS") if passed else self._painted(RED, "FAIL")
        self._write(f"{word}  {text}")

    def _painted(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def _write(self, text):
        print(text.rstrip(), file=self._stream, flush=True)


def _line(cells, widths):
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths))

# SPDX-License-Identifier: Apache-2.0
"""The application in `sleep`: writes without pause to whichever member answers, and remembers what was acknowledged."""

import dataclasses
import threading
import time

from tests.integration.zookeeper import zk_client

FOLDER = "/story"
# Some 100 writes a second: enough to see a gap of a hundredth of a second, few enough to leave the machine alone.
PAUSE_S = 0.01
# Until another server is tried, when one could not be reached at all.
RETRY_S = 0.02


@dataclasses.dataclass(frozen=True)
class Acknowledged:
    """One write: the node's number, when the answer came, how long it took from the first attempt, and who answered."""

    number: int
    at: float
    took_s: float
    member: str


class Writer(threading.Thread):
    """Creates /story/0, /story/1, ... through `members` in turn, each until it is acknowledged, starting with the first."""

    def __init__(self, ensemble, members):
        super().__init__(name="writer", daemon=True)
        self.acknowledged = []
        self.reconnects = 0
        self.failure = None
        self._ensemble = ensemble
        self._members = list(members)
        self._client = None
        self._stop_asked = threading.Event()

    def run(self):
        try:
            while not self._stop_asked.wait(PAUSE_S):
                self._write(len(self.acknowledged))
        except Exception as error:  # Shown by whoever waits for acknowledgements; a thread has nobody else to tell.
            self.failure = error
        finally:
            if self._client:
                self._client.close()

    def stop(self):
        self._stop_asked.set()
        self.join()

    def count(self, member=None):
        """How many writes were acknowledged, by that member or by any. Raises what ended the writer early."""
        if self.failure:
            raise AssertionError(f"the writer ended: {self.failure}") from self.failure
        return sum(1 for write in self.acknowledged if member is None or write.member == member)

    def longest_gap(self):
        """The longest time between two acknowledgements: (seconds, the write before, the write after)."""
        pairs = zip(self.acknowledged, self.acknowledged[1:])
        before, after = max(pairs, key=lambda pair: pair[1].at - pair[0].at)
        return after.at - before.at, before, after

    def _write(self, number):
        begin = time.monotonic()
        while not self._stop_asked.is_set():
            try:
                self._client = self._client or self._ensemble.client(self._members[0])
                self._create(number)
            except OSError:
                self._try_the_next()
                continue
            now = time.monotonic()
            self.acknowledged.append(Acknowledged(number, now, now - begin, self._members[0].name))
            return

    def _create(self, number):
        try:
            self._client.create(f"{FOLDER}/{number}", str(number).encode())
        except zk_client.ZooKeeperError as error:
            # An earlier attempt was carried out, only its answer was lost.
            if error.code != zk_client.NODE_EXISTS:
                raise

    def _try_the_next(self):
        if self._client:
            self._client.abandon()
        self._client = None
        self.reconnects += 1
        self._members.append(self._members.pop(0))
        self._stop_asked.wait(RETRY_S)

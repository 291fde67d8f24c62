# SPDX-License-Identifier: Apache-2.0
"""Half-closed connections that are left alone until their answer is due; begun early, so that other tests pass the time."""

import socket
import time

from tests.integration.datapath.rig import Rig, receive_exactly, receive_to_end
from tests.integration.support.waiting import wait_until

# Longer than connection tracking remembers a half-closed flow that is silent (60 s).
ANSWER_AFTER_S = 75
REQUEST, ANSWER = b"everything that the client has to say", b"answer " * 10_000


class LateAnswers:
    """One connection each way whose client has sent its FIN at `began`."""

    def __init__(self, binary):
        self.rig = Rig(binary)
        try:
            self.proxy = self.rig.start_proxy()
            self.pairs = {"inbound": self.rig.pair(self.rig.remote, self.rig.pod),
                          "outbound": self.rig.pair(self.rig.pod, self.rig.remote)}
            for client, server in self.pairs.values():
                client.sendall(REQUEST)
                client.shutdown(socket.SHUT_WR)
                assert receive_to_end(server) == (REQUEST, "FIN")
            self.began = time.monotonic()
        except BaseException:
            self.rig.close(check=False)
            raise

    def is_due(self):
        return time.monotonic() >= self.began + ANSWER_AFTER_S

    def answer(self, direction):
        """What the client of that connection gets once the answer is due, and how it ends."""
        wait_until(self.is_due, "the answer to be due", ANSWER_AFTER_S)
        client, server = self.pairs[direction]
        server.sendall(ANSWER)
        server.close()
        return receive_exactly(client, len(ANSWER)), receive_to_end(client)

    def close(self):
        self.rig.close()

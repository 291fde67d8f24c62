# SPDX-License-Identifier: Apache-2.0
"""Keepalive, and the answer that comes long after the client's FIN. conftest.py lets these tests run last."""

import re
import socket

import pytest

from tests.integration.datapath.half_close import ANSWER, ANSWER_AFTER_S
from tests.integration.datapath.rig import ping, receive_to_end
from tests.integration.support.waiting import wait_until

IDLE_S = 300
HALF_CLOSED_S = 25
CLOSE_WAIT = "net.netfilter.nf_conntrack_tcp_timeout_close_wait"


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_answer_long_after_the_fin_arrives(late_answers, direction):
    remembered = int(late_answers.rig.pod.run(["sysctl", "-n", CLOSE_WAIT]).stdout)
    assert remembered < ANSWER_AFTER_S

    assert late_answers.answer(direction) == (ANSWER, (b"", "FIN"))
    # Half-closed and silent for a minute: nothing spins.
    assert late_answers.proxy.cpu_seconds() < ANSWER_AFTER_S / 20


def keepalive_seconds(rig):
    """The keepalive timers of the proxy's own sockets in the pod, by the kernel's table: {local address: seconds}."""
    table = rig.pod.run(["ss", "-tnoH"]).stdout
    timers = {}
    for line in table.splitlines():
        _, _, _, local, remote, *rest = line.split()
        # 15006 and 127.0.0.6 are the two sides of an inbound session.
        if not local.endswith(":15006") and not local.startswith("127.0.0.6:"):
            continue
        found = re.search(r"keepalive,(?:(\d+)min)?(?:([\d.]+)sec)?", " ".join(rest))
        timers[local, remote] = found and int(found[1] or 0) * 60 + float(found[2] or 0)
    return list(timers.values())


def test_both_legs_probe_when_idle_and_sooner_when_half_closed(rig, proxy):
    client, server = rig.pair(rig.remote, rig.pod)
    ping(client, server)
    idle = keepalive_seconds(rig)

    client.shutdown(socket.SHUT_WR)
    assert receive_to_end(server) == (b"", "FIN")
    half_closed = wait_until(lambda: (found := keepalive_seconds(rig)) and all(found) and max(found) <= HALF_CLOSED_S and found,
                             "both legs to probe sooner")

    assert len(idle) == len(half_closed) == 2
    assert all(IDLE_S - 30 < seconds <= IDLE_S for seconds in idle)

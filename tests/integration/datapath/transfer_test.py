# SPDX-License-Identifier: Apache-2.0
"""No byte is lost, invented or moved: 2,000 connections, 10 GiB at full scale, hashed at both ends.

OUTRIGGER_TEST_SEED repeats a run.
"""

import os
import random

import pytest

from tests.integration.datapath import transfers
from tests.integration.datapath.pipe_quota import PipeQuotaHolder
from tests.integration.datapath.rig import PROXY_UID, Rig

CONNECTIONS = 2_000
TOTAL_BYTES = 10 << 30
VARIANTS = [(mode, workers) for mode in ("copy", "splice") for workers in (1, 2)]
PORTS_PER_DIRECTION = 3
AT_A_TIME = 20
# Bulk streams run beside others, so each gets through little a turn when the machine is busy: less is spliced then.
SPLICED_SHARE_MIN = 0.25
# The pipes of a user are counted over the whole machine: the user who shall have none must not be one that others use.
COPY_UID = 20_117


@pytest.fixture(scope="module")
def seed():
    chosen = int(os.environ.get("OUTRIGGER_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"OUTRIGGER_TEST_SEED={chosen}")
    return chosen


@pytest.fixture(params=VARIANTS, ids=lambda variant: f"{variant[0]}-{variant[1]}_workers")
def variant(request, outrigger_binary):
    """A rig with a proxy that only copies, or may splice. Yields it with the mode's name."""
    mode, workers = request.param
    with Rig(outrigger_binary, uid=COPY_UID if mode == "copy" else PROXY_UID) as rig:
        if mode == "splice":
            yield mode, rig, rig.start_proxy(arguments=["--concurrency", str(workers)])
            return
        with PipeQuotaHolder(COPY_UID):
            yield mode, rig, rig.start_proxy(arguments=["--concurrency", str(workers)])


def listeners(rig):
    """PORTS_PER_DIRECTION inbound ones, then as many outbound ones; each direction has both address families."""
    return [rig.listen(pod, host=pod.ipv6 if i == 0 else pod.ipv4, backlog=256)
            for pod in (rig.pod, rig.remote) for i in range(PORTS_PER_DIRECTION)]


def caller(rig, position):
    return rig.remote if position < PORTS_PER_DIRECTION else rig.pod


def plan(rig, accepting, rng, connections, total):
    """The calls, and for each listener the sizes of its answers."""
    calls, answers = [], [[] for _ in accepting]
    for size, answer in zip(transfers.draw_sizes(rng, connections, total / 2), transfers.draw_sizes(rng, connections, total / 2)):
        position = len(calls) % len(accepting)
        host, port = accepting[position].getsockname()[:2]
        calls.append(transfers.Call(caller(rig, position), host, port, size, answers_end=rng.random() < 0.2))
        answers[position].append(answer)
    return calls, answers


@pytest.mark.deadline(900)
def test_every_byte_arrives(variant, seed, load_scale):
    mode, rig, proxy = variant
    accepting = listeners(rig)
    connections, total = CONNECTIONS // len(VARIANTS), int(TOTAL_BYTES * load_scale) // len(VARIANTS)
    calls, answers = plan(rig, accepting, random.Random(f"{seed}/{mode}"), connections, total)

    outcome = transfers.run(calls, accepting, answers, seed, AT_A_TIME)
    proxy.wait_no_sessions()
    stats = proxy.stats()

    assert (outcome.failures, len(outcome.clients), len(outcome.servers)) == ([], connections, connections)
    assert transfers.differences(outcome) == ({}, {})
    assert outcome.bytes >= total * 0.9
    spliced, copied = stats["outrigger.relay_spliced_bytes"], stats["outrigger.relay_copied_bytes"]
    assert spliced + copied == outcome.bytes
    outbound = sum(call.namespace is rig.pod for call in calls)
    assert stats["tcp.PassthroughCluster.downstream_cx_total"] == outbound
    assert stats["tcp.InboundPassthroughCluster.downstream_cx_total"] == connections - outbound
    if mode == "copy":
        assert (spliced, stats["outrigger.pipe_failures"] > 0) == (0, True)
    else:
        assert spliced > outcome.bytes * SPLICED_SHARE_MIN and copied > 0


@pytest.mark.parametrize("asked, answered", [(0, 0), (0, 100_000), (100_000, 0), (0, 1), (1, 0)])
def test_a_side_that_sends_nothing(rig, proxy, seed, asked, answered):
    accepting = listeners(rig)
    calls = [transfers.Call(caller(rig, position), *listener.getsockname()[:2], asked, answers_end)
             for position, listener in enumerate(accepting) for answers_end in (False, True)]

    outcome = transfers.run(calls, accepting, [[answered] * 2 for _ in accepting], seed, threads=2)

    assert outcome.failures == []
    assert {end.sent[0] for end in outcome.clients} == {asked}
    assert {end.received[0] for end in outcome.clients} == {answered}
    assert transfers.differences(outcome) == ({}, {})
    proxy.wait_no_sessions()

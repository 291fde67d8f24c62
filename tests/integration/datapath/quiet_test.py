# SPDX-License-Identifier: Apache-2.0
"""A session in which nothing moves costs no processor, whatever state it is in: level-triggered readiness must not spin."""

import socket
import time

import pytest

from tests.integration.datapath.hostile_test import SILENT_PORT, connecting, silent
from tests.integration.datapath.rig import abort, ping, receive_exactly, receive_to_end
from tests.integration.support.waiting import wait_until

WATCHED_S = 0.5
# A worker that spins uses all of one.
CPU_SHARE_MAX = 0.2
BLOCK = b"b" * (1 << 20)


def fill(connection):
    """Sends until nothing more is taken for a while: all buffers on the way are full, and the proxy has paused."""
    connection.settimeout(0.3)
    sent = 0
    while True:
        try:
            sent += connection.send(BLOCK)
        except TimeoutError:
            connection.settimeout(30)
            return sent


def client_has_ended(client, server):
    client.shutdown(socket.SHUT_WR)
    assert receive_to_end(server) == (b"", "FIN")


def server_has_ended(client, server):
    server.shutdown(socket.SHUT_WR)
    assert receive_to_end(client) == (b"", "FIN")


def client_does_not_read(client, server):
    fill(server)


def server_does_not_read(client, server):
    fill(client)


def neither_reads(client, server):
    fill(server)
    fill(client)


def client_does_not_read_and_server_has_ended(client, server):
    fill(server)
    server.shutdown(socket.SHUT_WR)


def client_does_not_read_and_has_ended(client, server):
    fill(server)
    client.shutdown(socket.SHUT_WR)
    assert receive_to_end(server) == (b"", "FIN")


def server_does_not_read_and_client_has_ended(client, server):
    fill(client)
    client.shutdown(socket.SHUT_WR)


def urgent_data_is_not_taken(client, server):
    # Often enough that some of it is left in every buffer on the way.
    client.settimeout(0.3)
    try:
        while True:
            client.sendall(BLOCK[:1 << 15])
            client.send(b"!", socket.MSG_OOB)
    except TimeoutError:
        client.settimeout(30)


def urgent_data_has_passed(client, server):
    client.send(b"!", socket.MSG_OOB)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    assert receive_exactly(server, 1) == b"!"


STATES = [client_has_ended, server_has_ended, client_does_not_read, server_does_not_read, neither_reads,
          client_does_not_read_and_server_has_ended, client_does_not_read_and_has_ended,
          server_does_not_read_and_client_has_ended, urgent_data_is_not_taken, urgent_data_has_passed]


def cpu_share(proxy):
    begun, used = time.monotonic(), proxy.cpu_seconds()
    wait_until(lambda: time.monotonic() >= begun + WATCHED_S, "the time of watching to pass")
    return (proxy.cpu_seconds() - used) / (time.monotonic() - begun)


@pytest.mark.parametrize("state", STATES)
def test_costs_nothing_while_nothing_moves(rig, proxy, state):
    client, server = rig.pair(rig.remote, rig.pod)
    ping(client, server)
    state(client, server)

    assert cpu_share(proxy) < CPU_SHARE_MAX

    assert len(proxy.connections()) == 1
    for end in (client, server):
        abort(end)
    proxy.wait_no_sessions()


@pytest.fixture
def dialling(rig, proxy):
    """A client of the pod whose upstream does not answer, and what lets it answer (that it refuses)."""
    with silent(rig) as end_silence:
        client = rig.dial(rig.pod, rig.remote.ipv4, SILENT_PORT)
        wait_until(lambda: connecting(proxy), "the proxy to dial")
        yield client, end_silence


@pytest.mark.parametrize("last_words", ["urgent", "end"])
def test_costs_nothing_while_the_proxy_dials_and_a_reset_is_noticed(proxy, dialling, last_words):
    client, _ = dialling
    client.sendall(b"said before the upstream is there")
    if last_words == "urgent":
        client.send(b"!", socket.MSG_OOB)
    else:
        client.shutdown(socket.SHUT_WR)

    assert cpu_share(proxy) < CPU_SHARE_MAX

    address = client.getsockname()
    abort(client)
    assert proxy.session_of(address)["reason"] == "RST_downstream/connect"
    proxy.wait_no_sessions()


def test_costs_nothing_when_urgent_data_and_the_end_come_while_the_proxy_dials(proxy, dialling):
    client, end_silence = dialling
    client.send(b"!", socket.MSG_OOB)
    client.shutdown(socket.SHUT_WR)

    assert cpu_share(proxy) < CPU_SHARE_MAX

    end_silence()
    assert receive_to_end(client) == (b"", "RST")
    proxy.wait_no_sessions()

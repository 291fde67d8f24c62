# SPDX-License-Identifier: Apache-2.0
"""What the far side sees when the near side ends a connection: the same through the proxy as without one.

Bytes that a kernel had delivered before a reset are still read by the far side, and then the reset. So up to what fits into a
first flight the bytes are exact in every case. Of more than that a direct connection loses what the near kernel had not sent when
it was reset; how much is a matter of timing. There the far side must see a prefix, then a reset, and never an end.
"""

import collections
import fcntl
import hashlib
import socket
import struct
import termios

import pytest

from tests.integration.datapath.rig import DIRECT_PORT, abort, ping, receive_to_end
from tests.integration.support.waiting import wait_until

# Within one initial congestion window, so it is in the far kernel before the reset is.
FIRST_FLIGHT = 10_000
# More than all buffers on the way hold: when the near side has gone, most of it is still in its kernel.
FLOOD = 12 << 20
UNREAD = 1_000
SO_SNDBUFFORCE = 32
PATTERN = bytes(range(251)) * (FLOOD // 251 + 1)

Observation = collections.namedtuple("Observation", "digest end then")


def payload(size):
    return PATTERN[:size]


def digest(data):
    return len(data), hashlib.sha256(data).hexdigest()


EXPECTED_END = {"close": "FIN", "shutdown": "FIN", "close with unread data": "RST", "close with linger 0": "RST"}
# What becomes of bytes that the far side sends after it has seen the end.
EXPECTED_THEN = {"close": "reset", "shutdown": "delivered", "close with unread data": "reset", "close with linger 0": "reset"}


def queued(connection):
    count = fcntl.ioctl(connection, termios.FIONREAD, b"\0" * 4)
    return struct.unpack("i", count)[0]


def end(near, far, how, data):
    """`near` sends `data` and ends the connection in this way."""
    if how == "close with unread data":
        far.sendall(b"u" * UNREAD)
        wait_until(lambda: queued(near) == UNREAD, "the unread data to wait at the near side")
    near.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 2 * FLOOD)
    near.sendall(data)
    if how == "shutdown":
        near.shutdown(socket.SHUT_WR)
    elif how == "close with linger 0":
        abort(near)
    else:
        near.close()


def answer_afterwards(near, far, how):
    """The far side goes on sending after the end that it has seen."""
    if how == "shutdown":
        far.sendall(b"late")
        far.close()
        data, ended = receive_to_end(near)
        return "delivered" if (data, ended) == (b"late", "FIN") else f"{data!r}, then {ended}"

    def is_refused():
        try:
            far.send(b"late")
        except (BrokenPipeError, ConnectionResetError):
            return True
        return False
    wait_until(is_refused, "sending to be refused")
    return "reset"


def observe(pair, closes_first, how, data):
    client, server = pair
    ping(client, server)
    near, far = (client, server) if closes_first == "client" else (server, client)
    end(near, far, how, data)
    received, ended = receive_to_end(far)
    return Observation(digest(received), ended, answer_afterwards(near, far, how))


def observe_proxied(rig, direction, *case):
    dialer, server = (rig.remote, rig.pod) if direction == "inbound" else (rig.pod, rig.remote)
    return observe(rig.pair(dialer, server), *case)


def observe_direct(rig, *case):
    with rig.listen(rig.pod, DIRECT_PORT) as listener:
        return observe(rig.pair(rig.remote, rig.pod, listener), *case)


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
@pytest.mark.parametrize("pending", ["none", "pending"])
@pytest.mark.parametrize("closes_first", ["client", "server"])
@pytest.mark.parametrize("how", EXPECTED_END)
def test_far_side_sees_what_it_would_see_without_a_proxy(rig, proxy, how, closes_first, pending, direction):
    size = 0 if pending == "none" else FLOOD if EXPECTED_END[how] == "FIN" else FIRST_FLIGHT
    data = payload(size)

    direct = observe_direct(rig, closes_first, how, data)
    proxied = observe_proxied(rig, direction, closes_first, how, data)

    assert direct == Observation(digest(data), EXPECTED_END[how], EXPECTED_THEN[how])
    assert proxied == direct
    proxy.wait_no_sessions()


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
@pytest.mark.parametrize("closes_first", ["client", "server"])
@pytest.mark.parametrize("how", [how for how, ended in EXPECTED_END.items() if ended == "RST"])
def test_a_reset_within_a_flood_is_a_reset_after_a_prefix(rig, proxy, how, closes_first, direction):
    dialer, server_pod = (rig.remote, rig.pod) if direction == "inbound" else (rig.pod, rig.remote)
    client, server = rig.pair(dialer, server_pod)
    ping(client, server)
    near, far = (client, server) if closes_first == "client" else (server, client)

    end(near, far, how, payload(FLOOD))
    received, ended = receive_to_end(far)

    assert ended == "RST"
    assert received == payload(len(received))
    proxy.wait_no_sessions()


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
@pytest.mark.parametrize("closes_first", ["client", "server"])
@pytest.mark.parametrize("how", EXPECTED_END)
def test_log_says_who_ended_it_and_how(rig, proxy, how, closes_first, direction):
    dialer, server_pod = (rig.remote, rig.pod) if direction == "inbound" else (rig.pod, rig.remote)
    client, server = rig.pair(dialer, server_pod)
    address = client.getsockname()
    ping(client, server)
    near, far = (client, server) if closes_first == "client" else (server, client)
    near_name, far_name = ("downstream", "upstream") if closes_first == "client" else ("upstream", "downstream")

    end(near, far, how, b"")
    receive_to_end(far)
    far.close()
    line = proxy.session_of(address)

    # A normal end is told of the side that ended last.
    expected = f"-_{far_name}/relay" if EXPECTED_END[how] == "FIN" else f"RST_{near_name}/relay"
    assert (line["reason"], line["flags"]) == (expected, "-")


def test_reset_is_told_while_the_other_direction_is_full(rig, proxy):
    """The far side's bytes to the dead side are lost, as they would be without a proxy; it must not wait for them."""
    client, server = rig.pair(rig.remote, rig.pod)
    ping(client, server)
    server.setblocking(False)

    def fill():
        with_room = True
        while with_room:
            try:
                server.send(payload(1 << 18))
            except BlockingIOError:
                with_room = False
        return any(row["paused"] == "upstream" for row in proxy.connections())
    wait_until(fill, "the server's direction to be paused")
    server.settimeout(10)

    abort(client)

    assert receive_to_end(server) == (b"", "RST")
    proxy.wait_no_sessions()

# SPDX-License-Identifier: Apache-2.0
"""What sessions cost, how they share the workers, and what happens where a limit is reached."""

import contextlib
import hashlib
import os
import resource
import selectors
import threading
import time

import pytest

from tests.integration.datapath import pod_config
from tests.integration.datapath.rig import Rig, abort, ping, receive_exactly, receive_to_end
from tests.integration.support.waiting import wait_until

MEGABYTE = 1 << 20
IDLE_SESSIONS = 5_000
SESSION_BYTES_MAX = 1_024
DESCRIPTORS_FOR_IDLE = 2 * IDLE_SESSIONS + 1_000
SLOW_READERS = 40
# One buffer of the worker's size is all that a direction may hold.
HELD_BYTES_MAX = 64 << 10
FAST_BYTES = 64 * MEGABYTE
DESCRIPTORS = 300
# Of 300 descriptors 128 are kept back and a quarter is left to pipes; a session has two.
SESSIONS_BY_DESCRIPTORS = (DESCRIPTORS - 128 - DESCRIPTORS // 4) // 2
# A loop that spins uses a whole processor.
SPINNING_SHARE = 0.3
WATCHED_S = 1.0


def sanitized(binary):
    """Whether the program is built with a sanitizer: its memory says nothing then."""
    with open(binary, "rb") as file:
        data = file.read()
    return b"__asan_init" in data or b"__tsan_init" in data


@pytest.fixture(autouse=True, scope="module")
def descriptors_of_the_test():
    """Both ends of some thousand sessions are in this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_FOR_IDLE
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, before[1])))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def cpu_share(proxy):
    """The share of a processor that the proxy uses while nothing happens."""
    begun, used = time.monotonic(), proxy.cpu_seconds()
    wait_until(lambda: time.monotonic() >= begun + WATCHED_S, "the time of watching to pass")
    return (proxy.cpu_seconds() - used) / (time.monotonic() - begun)


class Flood:
    """Sends noise on many connections, on each until it takes no more, from one thread."""

    def __init__(self, connections):
        self._selector = selectors.DefaultSelector()
        self._data = os.urandom(MEGABYTE)
        for connection in connections:
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_WRITE)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        self._selector.close()

    def _run(self):
        while not self._stopped.is_set():
            for key, _ in self._selector.select(0.05):
                with contextlib.suppress(BlockingIOError):
                    key.fileobj.send(self._data)


def transfer(pair, size):
    """Sends `size` bytes from the second of `pair` to the first, and compares their hashes."""
    client, server = pair
    data = os.urandom(MEGABYTE)
    sent = hashlib.sha256()

    def send():
        for _ in range(size // MEGABYTE):
            server.sendall(data)
            sent.update(data)
        server.close()
    sender = threading.Thread(target=send)
    sender.start()
    received, count = hashlib.sha256(), 0
    while more := client.recv(MEGABYTE):
        received.update(more)
        count += len(more)
    sender.join()
    assert (count, received.hexdigest()) == (size, sent.hexdigest())


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_slow_readers_hold_nothing_up_and_cost_one_buffer_each(outrigger_binary, direction):
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(arguments=["--concurrency", "1"])
        dialer, server = (rig.remote, rig.pod) if direction == "inbound" else (rig.pod, rig.remote)
        transfer(rig.pair(dialer, server), FAST_BYTES)
        before = proxy.status_kib("RssAnon")
        slow = [rig.pair(dialer, server) for _ in range(SLOW_READERS)]

        with Flood([accepted for _, accepted in slow]):
            wait_until(lambda: sum(row["paused"] == "upstream" for row in proxy.connections()) == SLOW_READERS,
                       "all slow readers' sessions to be paused", 60)
            transfer(rig.pair(dialer, server), FAST_BYTES)
            fast = rig.pair(dialer, server)
            for _ in range(100):
                ping(*fast)
            paused = [row["paused"] for row in proxy.connections()]
            assert paused.count("upstream") == SLOW_READERS
            grown = proxy.status_kib("RssAnon") - before

        # Nobody reads, nobody has anything to do.
        assert cpu_share(proxy) < SPINNING_SHARE
        if not sanitized(outrigger_binary):
            assert grown * 1024 < SLOW_READERS * (HELD_BYTES_MAX + SESSION_BYTES_MAX) + MEGABYTE


@pytest.mark.deadline(300)
def test_an_idle_session_costs_a_kilobyte(outrigger_binary, load_scale):
    sessions = int(IDLE_SESSIONS * load_scale)
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(arguments=["--concurrency", "2"], descriptors=DESCRIPTORS_FOR_IDLE)
        listener = rig.listen(rig.pod)
        for pair in [rig.pair(rig.remote, rig.pod, listener) for _ in range(sessions // 50)]:
            ping(*pair)
            for end in pair:
                end.close()
        proxy.wait_no_sessions()
        before = proxy.status_kib("RssAnon")

        pairs = [rig.pair(rig.remote, rig.pod, listener) for _ in range(sessions)]
        for pair in pairs:
            ping(*pair)

        assert proxy.stat("outrigger.sessions_active") == sessions
        each = (proxy.status_kib("RssAnon") - before) * 1024 / sessions
        print(f"{each:.0f} bytes each")
        if not sanitized(outrigger_binary):
            assert each <= SESSION_BYTES_MAX
        assert cpu_share(proxy) < SPINNING_SHARE


@pytest.mark.parametrize("attempt", range(3))
def test_eight_streams_are_shared_by_two_workers(rig, proxy, attempt):
    """Wherever the kernel's hash would put them, which is anew each time."""
    pairs = [rig.pair(rig.remote, rig.pod) for _ in range(8)]
    with Flood([server for _, server in pairs]):
        for client, _ in pairs:
            receive_exactly(client, 4 * MEGABYTE)
        workers = [row["worker"] for row in proxy.connections()]
    for client, _ in pairs:
        abort(client)
    proxy.wait_no_sessions()
    assert sorted(workers) == [0] * 4 + [1] * 4


def test_sessions_beyond_the_limit_are_reset_and_counted(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(arguments=["--sessions-max", "10", "--concurrency", "2"])
        listener = rig.listen(rig.pod)
        within = [rig.pair(rig.remote, rig.pod, listener) for _ in range(10)]

        for _ in range(5):
            assert rig.dial_to_end(rig.remote, *listener.getsockname()) == (b"", "RST")
        for pair in within:
            ping(*pair)
        stats = proxy.stats()
        assert stats["outrigger.session_limit_refused"] == 5
        assert stats["outrigger.sessions_active"] == 10
        assert sum(value for name, value in stats.items() if name.endswith("downstream_cx_overflow")) == 5

        for end in within.pop():
            end.close()
        wait_until(lambda: proxy.stat("outrigger.sessions_active") == 9, "a session to end")
        ping(*rig.pair(rig.remote, rig.pod, listener))


def test_at_the_descriptor_limit_connections_wait_and_nothing_else_does(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(arguments=["--concurrency", "2"], descriptors=DESCRIPTORS)
        listener = rig.listen(rig.pod)
        clients = [rig.dial(rig.remote, *listener.getsockname()) for _ in range(2 * SESSIONS_BY_DESCRIPTORS)]
        served = [rig.accept(listener) for _ in range(SESSIONS_BY_DESCRIPTORS)]

        wait_until(lambda: proxy.stat("outrigger.accept_pauses") > 0, "accepting to pause")
        assert cpu_share(proxy) < SPINNING_SHARE
        assert proxy.admin("/ready").status == 200
        assert proxy.stat("outrigger.sessions_active") == len(proxy.connections()) == SESSIONS_BY_DESCRIPTORS

        # Sessions end, and those that waited are served, none of them reset.
        for accepted in served:
            abort(accepted)
        served = [rig.accept(listener) for _ in range(SESSIONS_BY_DESCRIPTORS)]
        for accepted in served:
            accepted.sendall(b"served")
        ends = [receive_to_end(client)[0] if client_ended(client) else receive_exactly(client, 6) for client in clients]
        assert sorted(ends) == [b""] * SESSIONS_BY_DESCRIPTORS + [b"served"] * SESSIONS_BY_DESCRIPTORS


def client_ended(client):
    """Whether the next thing to be received is a reset."""
    try:
        return not client.recv(1, 2)
    except ConnectionResetError:
        return True


def set_descriptor_limit(rig, proxy, limit):
    """Of the running process, which its own user may do."""
    rig.pod.run(["prlimit", "--pid", proxy.pid, f"--nofile={limit}"], uid=proxy.uid, gid=proxy.uid)


def test_a_process_without_a_free_descriptor_rests_and_recovers(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(arguments=["--concurrency", "2"])
        listener = rig.listen(rig.pod)
        established = rig.pair(rig.remote, rig.pod, listener)
        ping(*established)

        # No number below the limit is free any more: accept and socket fail with EMFILE.
        set_descriptor_limit(rig, proxy, "3:")
        waiting = rig.dial(rig.remote, *listener.getsockname())
        assert cpu_share(proxy) < SPINNING_SHARE
        ping(*established)
        set_descriptor_limit(rig, proxy, f"{DESCRIPTORS}:")

        ping(waiting, rig.accept(listener))
        assert proxy.stat("outrigger.accept_pauses") > 0

# SPDX-License-Identifier: Apache-2.0
"""Ends that the proxy decides: only configured ones, as a reset of both sides, and with the reason. And a log that nobody reads."""

import os
import threading
import time

import pytest

from tests.integration.datapath import pod_config
from tests.integration.datapath.rig import Rig, ping, receive_to_end
from tests.integration.support.waiting import wait_until

# By port of the other machine: what the chain for it is configured with.
CHAINS = {7001: {"idle_timeout": "0.5s"}, 7002: {"max_downstream_connection_duration": "0.5s"}, 7003: {"idle_timeout": "0s"}, 7004: {}}
LIMIT_S = 0.5
PIPE_LINE_BYTES = 8_000
LINES_IN_FLIGHT_MAX = 3_000


@pytest.fixture(scope="module")
def timed(outrigger_binary):
    """A rig, its proxy, and a function that makes a session with the options of CHAINS for that port."""
    with Rig(outrigger_binary) as rig:
        folder, host = rig.folder, rig.remote.ipv4
        proxy = rig.start_proxy(pod_config.sidecar(folder, listeners=[
            pod_config.virtual_listener(folder, host, port, [pod_config.chain(folder, "PassthroughCluster", **options)])
            for port, options in CHAINS.items()]))
        listeners = {port: rig.listen(rig.remote, port) for port in CHAINS}
        yield rig, proxy, lambda port: rig.pair(rig.pod, rig.remote, listeners[port])


def test_idle_sessions_end_after_the_configured_time(timed):
    _, proxy, session = timed
    client, server = session(7001)
    address = client.getsockname()
    begun = time.monotonic()
    # Bytes in either direction begin the time anew.
    for pair in ((client, server), (server, client), (client, server)):
        wait_until(lambda: time.monotonic() > begun + LIMIT_S / 2, "half the time to pass")
        begun = time.monotonic()
        ping(*pair)

    assert receive_to_end(client) == receive_to_end(server) == (b"", "RST")

    assert time.monotonic() - begun >= LIMIT_S * 0.9
    line = proxy.session_of(address)
    assert (line["reason"], line["flags"]) == ("IDLE_proxy/relay", "-")
    assert proxy.stat("tcp.PassthroughCluster.idle_timeout") == 1


def test_sessions_end_after_their_longest_duration_however_busy(timed):
    _, proxy, session = timed
    client, server = session(7002)
    address = client.getsockname()

    def until_reset():
        try:
            ping(client, server)
        except (ConnectionResetError, BrokenPipeError):
            return True
        return False
    wait_until(until_reset, "the session to be reset")

    line = proxy.session_of(address)
    assert (line["reason"], line["flags"]) == ("DT_proxy/relay", "DT")
    assert 1000 * LIMIT_S <= line["duration_ms"] < 5_000
    assert proxy.stat("tcp.PassthroughCluster.max_downstream_connection_duration") == 1


@pytest.mark.parametrize("port", [7003, 7004])
def test_without_a_timeout_silence_is_no_reason_to_end(timed, port):
    _, _, session = timed
    client, server = session(port)
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + 3 * LIMIT_S, "the timeouts of other chains to pass")
    ping(client, server)


def test_an_access_log_that_nobody_reads_costs_lines_and_no_session(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        path = rig.folder / "nobody-reads.log"
        os.mkfifo(path)
        path.chmod(0o666)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        config = pod_config.sidecar(rig.folder)
        for listener in config["static_resources"]["listeners"]:
            log = pod_config.text_log(rig.folder)
            log["typed_config"].update(path=str(path), log_format={"text_format_source": {
                "inline_string": "%CONNECTION_ID% " + "x" * PIPE_LINE_BYTES + "\n"}})
            listener["access_log"] = [log]
        proxy = rig.start_proxy(config)
        listener = rig.listen(rig.pod)

        def lost():
            stats = proxy.stats()
            return stats["outrigger.access_log_dropped_lines"] + stats["outrigger.access_log_lost_lines"]
        made = 0
        while not lost():
            assert made < LINES_IN_FLIGHT_MAX, "more lines are held than any bound can allow"
            for _ in range(100):
                client, server = rig.pair(rig.remote, rig.pod, listener)
                ping(client, server)
                client.close()
                server.close()
            rig.sockets[:] = [listener]
            made += 100
        proxy.wait_no_sessions()

        # Somebody reads again: what is written from now on is whole.
        received = []
        drained = threading.Event()

        def drain():
            while not drained.is_set():
                try:
                    received.append(os.read(reader, 1 << 16))
                except BlockingIOError:
                    drained.wait(0.01)
        thread = threading.Thread(target=drain)
        thread.start()
        try:
            client, server = rig.pair(rig.remote, rig.pod, listener)
            client.close()
            server.close()
            proxy.wait_no_sessions()
            wait_until(lambda: b"".join(received).endswith(f"{'x' * PIPE_LINE_BYTES}\n".encode()), "the log to go on", 20)
        finally:
            drained.set()
            thread.join()
            os.close(reader)
        lines = b"".join(received).decode().splitlines()
        assert all(len(line.split()[-1]) == PIPE_LINE_BYTES for line in lines)

# SPDX-License-Identifier: Apache-2.0
"""Peers that misbehave: only their session ends, with the right reason; nothing leaks and nothing loops."""

import contextlib
import signal
import socket
import time

import pytest

from tests.integration.datapath import pod_config
from tests.integration.datapath.rig import Rig, abort, ping, receive_exactly, receive_to_end
from tests.integration.support.waiting import wait_until

PROXY_WORKERS = ["--concurrency", "2"]
# Where nobody answers: the other machine drops what comes to this port.
SILENT_PORT = 9
TRICKLE_BYTES = 3
TRICKLE_PAUSE_S = 0.3
SESSIONS = 50


@pytest.fixture
def unharmed(rig, proxy):
    """A session beside the hostile one goes on, and afterwards nothing is left: neither a session nor a socket."""
    listener = rig.listen(rig.pod)
    # Workers keep what they need after their first sessions.
    for _ in range(4):
        ping(*rig.pair(rig.remote, rig.pod, listener))
    bystander = rig.pair(rig.remote, rig.pod, listener)
    ping(*bystander)
    for opened in rig.sockets:
        if opened not in bystander and opened is not listener:
            opened.close()
    wait_until(lambda: proxy.stat("outrigger.sessions_active") == 1, "earlier sessions to end")
    sockets = proxy.socket_count()
    yield
    ping(*bystander)
    wait_until(lambda: proxy.stat("outrigger.sessions_active") == 1, "the hostile session to end")
    proxy.wait_sockets(sockets)
    assert [row["downstream"] for row in proxy.connections()] == ["{}:{}".format(*bystander[0].getsockname())]
    for opened in rig.sockets:
        opened.close()
    proxy.wait_no_sessions()


@contextlib.contextmanager
def silent(rig, port=SILENT_PORT):
    """The other machine drops what comes to `port`. Yields what ends it."""
    rule = ["INPUT", "-p", "tcp", "--dport", port, "-j", "DROP"]
    rig.remote.run(["iptables", "-A", *rule])
    ended = []

    def end():
        if not ended:
            ended.append(True)
            rig.remote.run(["iptables", "-D", *rule])
    try:
        yield end
    finally:
        end()


def connecting(proxy):
    return [row for row in proxy.connections() if row["state"] == "connect"]


def test_clients_that_reset_before_accept_returns(rig, proxy, unharmed):
    listener = rig.listen(rig.pod)
    proxy.send(signal.SIGSTOP)
    try:
        clients = [rig.dial(rig.remote, *listener.getsockname()) for _ in range(SESSIONS)]
        addresses = [client.getsockname() for client in clients]
        for client in clients:
            abort(client)
    finally:
        proxy.send(signal.SIGCONT)

    reasons = {proxy.session_of(address)["reason"].split("/")[0] for address in addresses}
    assert reasons == {"RST_downstream"}


def test_a_client_that_resets_while_the_proxy_dials(rig, proxy, unharmed):
    with silent(rig):
        client = rig.dial(rig.pod, rig.remote.ipv4, SILENT_PORT)
        address = client.getsockname()
        wait_until(lambda: connecting(proxy), "the proxy to dial")
        client.sendall(b"unread")

        abort(client)

        line = proxy.session_of(address)
        assert (line["reason"], line["flags"], line["received"]) == ("RST_downstream/connect", "-", 0)


def test_a_client_that_ends_before_the_upstream_is_there_is_served(rig, proxy, unharmed):
    listener = rig.listen(rig.remote, SILENT_PORT)
    with silent(rig) as end_silence:
        client = rig.dial(rig.pod, rig.remote.ipv4, SILENT_PORT)
        wait_until(lambda: connecting(proxy), "the proxy to dial")
        client.sendall(b"all of it")
        client.shutdown(socket.SHUT_WR)
        end_silence()

        server = rig.accept(listener)

        assert receive_to_end(server) == (b"all of it", "FIN")
        server.sendall(b"answer")
        server.close()
        assert receive_to_end(client) == (b"answer", "FIN")
        listener.close()


def test_a_few_bytes_now_and_then_arrive_at_once(rig, proxy, unharmed):
    client, server = rig.pair(rig.remote, rig.pod)
    used = proxy.cpu_seconds()
    for i in range(TRICKLE_BYTES):
        time.sleep(TRICKLE_PAUSE_S)  # the traffic's own pace
        client.sendall(bytes([i]))
        server.settimeout(TRICKLE_PAUSE_S * 10)
        assert receive_exactly(server, 1) == bytes([i])
    assert proxy.cpu_seconds() - used < TRICKLE_BYTES * TRICKLE_PAUSE_S * 0.3
    client.close()
    server.close()


def test_urgent_data_is_kept_in_line_and_does_not_spin(rig, proxy, unharmed):
    client, server = rig.pair(rig.remote, rig.pod)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    bulk = b"b" * (1 << 20)
    client.sendall(b"a")
    client.send(b"!", socket.MSG_OOB)
    client.sendall(b"z")
    assert receive_exactly(server, 3) == b"a!z"

    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * len(bulk))
    for part in range(4):
        client.sendall(bulk)
        client.send(b"!", socket.MSG_OOB)
        assert receive_exactly(server, len(bulk) + 1) == bulk + b"!", part
    used, begun = proxy.cpu_seconds(), time.monotonic()
    wait_until(lambda: time.monotonic() > begun + 0.5, "the time of watching to pass")
    assert proxy.cpu_seconds() - used < 0.2
    client.close()
    server.close()


def test_an_upstream_that_vanishes_is_noticed_by_keepalive(outrigger_binary):
    options = {"upstream_connection_options": {
        "tcp_keepalive": {"keepalive_time": 1, "keepalive_interval": 1, "keepalive_probes": 2}}}
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(pod_config.sidecar(rig.folder, cluster_options=options))
        client, server = rig.pair(rig.pod, rig.remote)
        ping(client, server)

        rig.remote.ip("link", "set", "eth0", "down")

        assert receive_to_end(client) == (b"", "RST")
        assert proxy.session_of(client.getsockname())["reason"] == "RST_upstream/relay"
        proxy.wait_no_sessions()


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_upstream_that_refuses(rig, proxy, unharmed, direction):
    dialer, server = (rig.remote, rig.pod) if direction == "inbound" else (rig.pod, rig.remote)
    with rig.listen(server) as taken:
        port = taken.getsockname()[1]

    assert rig.dial_to_end(dialer, server.ipv4, port) == (b"", "RST")

    line = proxy.wait_session(lambda found: found["destination"] == f"{server.ipv4}:{port}", "the session in the access log")
    assert (line["reason"], line["flags"]) == ("UF_upstream/connect", "UF,URX")
    assert line["failure"] == "delayed_connect_error:_Connection_refused"
    assert (line["upstream"], line["upstream_local"]) == (f"{server.ipv4}:{port}", None)


def test_upstream_that_no_route_leads_to(rig, proxy, unharmed):
    rig.pod.ip("route", "add", "unreachable", "10.67.0.0/24", "table", "1337")
    rig.pod.ip("route", "add", "10.67.0.0/24", "via", rig.remote.ipv4)
    # The application's packets are routed before they are redirected; only the proxy's own meet the other table.
    rig.pod.ip("rule", "add", "uidrange", "1337-1337", "lookup", "1337")

    assert rig.dial_to_end(rig.pod, "10.67.0.1", 80) == (b"", "RST")

    line = proxy.wait_session(lambda found: found["destination"] == "10.67.0.1:80", "the session in the access log")
    assert (line["reason"], line["flags"]) == ("UF_upstream/connect", "UF,URX")
    assert line["failure"] == "immediate_connect_error:_No_route_to_host"


def test_upstream_that_does_not_answer(outrigger_binary):
    with Rig(outrigger_binary) as rig, silent(rig):
        proxy = rig.start_proxy(pod_config.sidecar(rig.folder, cluster_options={"connect_timeout": "0.3s"}))

        assert rig.dial_to_end(rig.pod, rig.remote.ipv4, SILENT_PORT) == (b"", "RST")

        line = proxy.wait_session(lambda _: True, "the session in the access log")
        assert (line["reason"], line["flags"], line["failure"]) == ("UF_upstream/connect", "UF,URX", None)
        assert 300 <= line["duration_ms"] < 2_000
        assert proxy.stat("cluster.PassthroughCluster.upstream_cx_connect_timeout") == 1
        proxy.wait_no_sessions()


def test_no_chain_and_no_endpoint(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        folder, host = rig.folder, rig.remote.ipv4
        proxy = rig.start_proxy(pod_config.sidecar(folder, listeners=[
            pod_config.virtual_listener(folder, host, 7001, [pod_config.chain(folder, "BlackHoleCluster")]),
            pod_config.virtual_listener(folder, host, 7002, [
                pod_config.chain(folder, "PassthroughCluster", match={"source_ports": [1]})]),
        ]))

        for port, reason, flags, details in [(7001, "UH_proxy/decide", "UH", None),
                                             (7002, "NR_proxy/match", "NR", "filter_chain_not_found")]:
            assert rig.dial_to_end(rig.pod, host, port) == (b"", "RST")
            line = proxy.wait_session(lambda found: found["destination"].endswith(f":{port}"), "the session in the access log")
            assert (line["reason"], line["flags"], line["details"]) == (reason, flags, details)
        assert proxy.stat("cluster.BlackHoleCluster.upstream_cx_none_healthy") == 1
        proxy.wait_no_sessions()


def test_source_ports_used_up(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy(arguments=PROXY_WORKERS)
        rig.pod.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
        listener = rig.listen(rig.pod, 8080)
        pairs = [rig.pair(rig.remote, rig.pod, listener) for _ in range(2)]

        third = rig.dial_to_end(rig.remote, *listener.getsockname())

        assert third == (b"", "RST")
        line = proxy.wait_session(lambda _: True, "the session in the access log")
        assert (line["reason"], line["flags"]) == ("URX_proxy/connect", "URX")
        assert proxy.stat("cluster.InboundPassthroughCluster.bind_errors") == 1
        for pair in pairs:
            ping(*pair)
        assert pairs[0][1].getpeername()[0] == "127.0.0.6"

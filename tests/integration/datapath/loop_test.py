# SPDX-License-Identifier: Apache-2.0
"""Connections to the proxy itself, by whatever way: refused, named, and never multiplied."""

import time

import pytest

from tests.integration.datapath import pod_config
from tests.integration.datapath.pod_config import ADMIN_PORT, INBOUND_PORT, OUTBOUND_PORT
from tests.integration.datapath.rig import Rig, ping
from tests.integration.support.waiting import wait_until

OTHER_UID = 20_118
REMEDY = "outrigger iptables -u"
WARNING_INTERVAL_S = 10
HOPS_MORE = 10


def assert_refused_as_own_port(rig, proxy, dialer, host, port, sessions=1):
    """One dial, that many sessions, all ended with the reason SELF."""
    before = proxy.stats()

    assert rig.dial_to_end(dialer, host, port) == (b"", "RST")

    proxy.wait_no_sessions()
    after = proxy.stats()
    assert after["outrigger.sessions_total"] - before["outrigger.sessions_total"] == sessions
    assert after["outrigger.loop_refused"] - before["outrigger.loop_refused"] == 1
    bracketed = f"[{host}]" if ":" in host else host
    line = proxy.wait_session(lambda found: found["destination"] == f"{bracketed}:{port}", "the session in the access log")
    assert (line["reason"], line["flags"]) == ("SELF_proxy/start", "-")


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("port", [OUTBOUND_PORT, INBOUND_PORT, ADMIN_PORT])
def test_own_ports_are_black_holes_for_others(rig, proxy, port, family):
    assert_refused_as_own_port(rig, proxy, rig.remote, getattr(rig.pod, family), port)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "10.66.0.20", "fd66::20"])
@pytest.mark.parametrize("port", [OUTBOUND_PORT, INBOUND_PORT])
def test_own_ports_are_black_holes_for_the_application(rig, proxy, port, host):
    """Nothing redirects these: the original destination is not known, or is the port itself."""
    assert_refused_as_own_port(rig, proxy, rig.pod, host, port)


def test_without_rules_there_is_no_original_destination(outrigger_binary):
    with Rig(outrigger_binary, rules_for=False) as rig:
        proxy = rig.start_proxy()
        for port in (OUTBOUND_PORT, INBOUND_PORT):
            assert_refused_as_own_port(rig, proxy, rig.remote, rig.pod.ipv4, port)


def test_application_reaches_its_own_pod_without_the_proxy(rig, proxy):
    before = proxy.stat("outrigger.sessions_total")

    client, server = rig.pair(rig.pod, rig.pod)

    ping(client, server)
    assert client.getpeername() == server.getsockname()
    assert server.getpeername()[0] == rig.pod.ipv4
    assert proxy.stat("outrigger.sessions_total") == before


@pytest.fixture
def service(outrigger_binary):
    """Yields a function that makes a rig, proxy and a virtual address whose one endpoint is in the pod itself."""
    rigs = []

    def make(host, port):
        rig = Rig(outrigger_binary)
        rigs.append(rig)
        folder = rig.folder
        chains = [pod_config.chain(folder, "service")]
        proxy = rig.start_proxy(pod_config.sidecar(
            folder, listeners=[pod_config.virtual_listener(folder, "10.66.0.99", 7000, chains)],
            clusters=[pod_config.static_cluster("service", [(host or rig.pod.ipv4, port)])]), arguments=["--concurrency", "2"])
        return rig, proxy
    yield make
    for rig in rigs:
        rig.close()


def test_a_service_that_selects_its_caller_is_served(service):
    """Out through 15001, in through 15006, to the application: the one way of coming back that is in order."""
    rig, proxy = service(None, 8080)
    listener = rig.listen(rig.pod, 8080)
    for _ in range(20):
        client = rig.dial(rig.pod, "10.66.0.99", 7000)
        server = rig.accept(listener)
        ping(client, server)
        assert server.getpeername()[0] == "127.0.0.6"
    rows = proxy.connections()
    assert len(rows) == 40
    assert {row["cluster"] for row in rows} == {"service", "InboundPassthroughCluster"}
    assert proxy.stat("outrigger.loop_refused") == 0


@pytest.mark.parametrize("host", [None, "127.0.0.1"])
@pytest.mark.parametrize("port", [OUTBOUND_PORT, INBOUND_PORT])
def test_a_service_whose_endpoint_is_the_proxy_ends_there(service, host, port):
    rig, proxy = service(host, port)

    assert rig.dial_to_end(rig.pod, "10.66.0.99", 7000) == (b"", "RST")

    proxy.wait_no_sessions()
    assert proxy.stat("outrigger.sessions_total") == 2
    assert proxy.stat("outrigger.loop_refused") == 1
    lines = wait_until(lambda: len(proxy.sessions()) == 2 and proxy.sessions(), "both sessions in the access log")
    dialled, came_back = sorted(lines, key=lambda line: line["destination"] != "10.66.0.99:7000")
    # The reset may be there before the outer session has seen that it was connected.
    assert dialled["reason"] in ("RST_upstream/relay", "UF_upstream/connect")
    assert came_back["reason"] == "SELF_proxy/start"


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_uid_that_the_rules_do_not_exempt_is_named_and_does_not_loop(outrigger_binary, workers, family):
    with Rig(outrigger_binary, uid=OTHER_UID, rules_for=1337) as rig:
        proxy = rig.start_proxy(arguments=["--concurrency", workers])
        listener = rig.listen(rig.remote, host=getattr(rig.remote, family))

        begun = time.monotonic()
        for dialled in range(1, 6):
            assert rig.dial_to_end(rig.pod, *listener.getsockname()[:2]) == (b"", "RST")
            proxy.wait_no_sessions()
            stats = proxy.stats()
            # The application's connection, and the proxy's own that came back. With two workers it may have been accepted,
            # and passed on once more, by one of them before the other knew the port that it had dialled from.
            most = 2 * dialled if workers == "1" else 2 * dialled + HOPS_MORE
            assert 2 * dialled <= stats["outrigger.sessions_total"] <= most
            assert dialled <= stats["outrigger.loop_refused"] <= most

        wait_until(lambda: REMEDY in proxy.log(), "the log to name the remedy")
        lines = [line for line in proxy.log().splitlines() if REMEDY in line]
        # Each worker says it once in a while, not for every connection.
        assert len(lines) <= int(workers) * (1 + (time.monotonic() - begun) // WARNING_INTERVAL_S)
        assert all(f"uid={OTHER_UID} " in line for line in lines)
        # What does not come back is served: the proxy dials applications from 127.0.0.6, which the rules leave alone.
        ping(*rig.pair(rig.remote, rig.pod))

# SPDX-License-Identifier: Apache-2.0
"""Starting, draining, ending: what signals and the admin port do to the process and to its sessions."""

import contextlib
import os
import re
import signal
import time

import pytest

from tests.integration.datapath import pod_config
from tests.integration.datapath.rig import Rig, abort, ping, receive_to_end
from tests.integration.support.waiting import wait_until

DRAIN_S = 1
FRONT_PORT = 7000
# Well above the time that any of it takes, well below the times that must not pass.
SOON_S = 5.0
LONG_DRAIN_S = 600


@pytest.fixture
def own(outrigger_binary):
    """A rig for one test."""
    with Rig(outrigger_binary) as made:
        yield made


@pytest.fixture
def balancer(own):
    """Starts a proxy without interception in front of an application on the other machine."""
    own.server = own.listen(own.remote)

    def start(*arguments):
        config = pod_config.load_balancer(own.folder, own.pod.ipv4, FRONT_PORT, [own.server.getsockname()])
        return own.start_proxy(config, arguments=arguments)
    return start


def front_session(rig):
    """A session through the load balancer, from the pod itself."""
    client = rig.dial(rig.pod, "10.66.0.20", FRONT_PORT)
    server = rig.accept(rig.server)
    ping(client, server)
    return client, server


def is_refused(dial):
    """Whether `dial` fails. A connection that it makes is reset, so that its session does not stay."""
    with contextlib.suppress(ConnectionRefusedError):
        abort(dial())
        return False
    return True


def front_is_closed(rig):
    return is_refused(lambda: rig.dial(rig.pod, "10.66.0.20", FRONT_PORT))


def wait_draining(proxy):
    wait_until(lambda: proxy.admin("/ready").status == 503, "the proxy to say that it is draining")
    assert proxy.admin("/ready").body == "DRAINING\n"


def seconds_to_end(proxy, begun):
    assert proxy.wait() == 0
    return time.monotonic() - begun


def test_start_up_line_says_where_and_how_fast(own):
    proxy = own.start_proxy(arguments=["--concurrency", "2"])
    lines = [line for line in proxy.log().splitlines() if "listening" in line]
    assert len(lines) == 1
    assert re.search(r"\bms=\d+\b", lines[0])
    for address in ("0.0.0.0:15001", "[::]:15001", "0.0.0.0:15006", "127.0.0.1:15000"):
        assert address in lines[0]
    assert "workers=2" in lines[0] and "as=sidecar" in lines[0]


@pytest.mark.parametrize("host, port", [("0.0.0.0", pod_config.INBOUND_PORT), ("127.0.0.1", pod_config.ADMIN_PORT)])
def test_address_in_use_is_a_sentence(own, host, port):
    own.listen(own.pod, port, host)
    proxy = own.launch_proxy()
    assert proxy.wait() == 1
    sentence = proxy.log().strip().splitlines()[-1]
    assert sentence.startswith("outrigger run: ") and f"{host}:{port}" in sentence
    assert "in use" in sentence and "another port" in sentence


def test_a_second_proxy_does_not_share_the_ports(own):
    """SO_REUSEPORT would let it, and each would get half of the connections."""
    first = own.start_proxy()
    second = own.launch_proxy()
    assert second.wait() == 1
    assert "in use" in second.log()
    assert first.admin("/ready").status == 200


def test_workers_default_to_the_processors_allowed(own):
    one = min(os.sched_getaffinity(0))
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {one})
    try:
        proxy = own.start_proxy()
    finally:
        os.sched_setaffinity(0, allowed)
    assert proxy.stat("server.concurrency") == 1


def test_sidecar_goes_on_until_the_application_is_gone(own):
    proxy = own.start_proxy(arguments=["--drain-time-s", str(DRAIN_S), "--concurrency", "2"])
    listener = own.listen(own.pod)
    client, server = own.pair(own.remote, own.pod, listener)
    begun = time.monotonic()

    proxy.send(signal.SIGTERM)
    wait_draining(proxy)
    # Long after the drain time: new connections both ways, and the old one.
    wait_until(lambda: time.monotonic() > begun + 3 * DRAIN_S, "the drain time to pass")
    ping(*own.pair(own.remote, own.pod, listener))
    ping(*own.pair(own.pod, own.remote))
    ping(client, server)
    assert proxy.returncode is None

    gone = time.monotonic()
    for opened in own.sockets:
        opened.close()
    assert seconds_to_end(proxy, gone) < SOON_S


def test_sidecar_of_no_application_ends_at_once(own):
    proxy = own.start_proxy(arguments=["--drain-time-s", str(LONG_DRAIN_S)])
    begun = time.monotonic()
    proxy.send(signal.SIGTERM)
    assert seconds_to_end(proxy, begun) < SOON_S


def test_sidecar_waits_no_longer_than_its_limit_and_ignores_the_uids_given(own):
    ignoring = own.start_proxy(arguments=["--drain-time-s", "0", "--termination-ignore-uid", "0"])
    own.listen(own.pod)
    begun = time.monotonic()
    ignoring.send(signal.SIGTERM)
    assert seconds_to_end(ignoring, begun) < SOON_S

    limited = own.start_proxy(arguments=["--drain-time-s", "0", "--termination-limit-s", "1"])
    begun = time.monotonic()
    limited.send(signal.SIGTERM)
    assert 1 <= seconds_to_end(limited, begun) < 1 + SOON_S


@pytest.mark.parametrize("arguments", [[], ["--run-as", "standalone"]])
def test_second_signal_ends_at_once(own, arguments):
    proxy = own.start_proxy(arguments=["--drain-time-s", str(LONG_DRAIN_S), *arguments])
    client, server = own.pair(own.remote, own.pod)
    ping(client, server)
    proxy.send(signal.SIGTERM)
    wait_draining(proxy)
    begun = time.monotonic()

    proxy.send(signal.SIGTERM)

    assert seconds_to_end(proxy, begun) < SOON_S
    # Cut off by us: not an end that either peer brought about.
    assert receive_to_end(client) == receive_to_end(server) == (b"", "RST")
    assert proxy.sessions()[-1]["reason"] == "EXIT_admin/relay"


def test_any_number_of_signals_is_an_orderly_end(own):
    proxy = own.start_proxy()
    listener = own.listen(own.pod)
    # Ending them takes a while, in which signals still come.
    for _ in range(300):
        own.pair(own.remote, own.pod, listener)

    def ended():
        if proxy.returncode is None:
            proxy.send(signal.SIGTERM)
        return proxy.returncode is not None
    wait_until(ended, "the proxy to end", interval_s=0)

    assert proxy.returncode == 0


def test_istio_mode_ignores_a_second_signal_and_the_application(own):
    proxy = own.start_proxy(arguments=["--drain-time-s", str(2 * DRAIN_S), "--termination", "istio"])
    client, server = own.pair(own.remote, own.pod)
    begun = time.monotonic()
    proxy.send(signal.SIGTERM)
    wait_draining(proxy)
    proxy.send(signal.SIGTERM)
    ping(client, server)
    ping(*own.pair(own.remote, own.pod))
    assert 2 * DRAIN_S <= seconds_to_end(proxy, begun) < 2 * DRAIN_S + SOON_S


def test_standalone_takes_no_new_ones_and_waits_for_its_sessions(own, balancer):
    proxy = balancer("--drain-time-s", str(LONG_DRAIN_S))
    client, server = front_session(own)

    proxy.send(signal.SIGTERM)
    wait_until(lambda: front_is_closed(own), "new connections to be refused")
    ping(client, server)
    assert proxy.returncode is None

    begun = time.monotonic()
    client.close()
    server.close()
    assert seconds_to_end(proxy, begun) < SOON_S
    assert proxy.sessions()[-1]["flags"] == "-"


def test_standalone_waits_no_longer_than_the_drain_time(own, balancer):
    proxy = balancer("--drain-time-s", str(DRAIN_S))
    client, server = front_session(own)
    begun = time.monotonic()

    proxy.send(signal.SIGTERM)

    assert DRAIN_S <= seconds_to_end(proxy, begun) < DRAIN_S + SOON_S
    assert receive_to_end(client) == receive_to_end(server) == (b"", "RST")


def test_sighup_opens_log_files_anew(own, balancer):
    proxy = balancer()
    path, moved = own.folder / pod_config.JSON_LOG, own.folder / "moved.json"
    lines = []

    def session_in(log):
        for end in front_session(own):
            end.close()
        lines.append(log)
        wait_until(lambda: log.exists() and log.read_text().count("\n") == lines.count(log), f"a line in {log.name}")

    session_in(path)
    lines.clear()
    path.rename(moved)
    lines.append(moved)
    session_in(moved)
    assert not path.exists()

    proxy.send(signal.SIGHUP)
    wait_until(path.exists, "the log file to be made anew")
    session_in(path)
    assert moved.read_text().count("\n") == 2


def test_quitquitquit_ends_the_process(own, balancer):
    proxy = balancer("--drain-time-s", str(LONG_DRAIN_S))
    client, server = front_session(own)
    begun = time.monotonic()

    assert proxy.admin("/quitquitquit").status == 405
    assert proxy.admin("/quitquitquit", "POST").status == 200

    assert seconds_to_end(proxy, begun) < SOON_S
    assert receive_to_end(client) == receive_to_end(server) == (b"", "RST")


def test_drain_listeners_keeps_the_sessions(own, balancer):
    proxy = balancer()
    client, server = front_session(own)

    assert proxy.admin("/drain_listeners?inboundonly", "POST").status == 200
    ping(*front_session(own))
    assert proxy.admin("/drain_listeners", "POST").status == 200
    wait_until(lambda: front_is_closed(own), "new connections to be refused")

    ping(client, server)
    assert proxy.admin("/ready").status == 200


def test_drain_listeners_inboundonly_leaves_outbound_alone(own):
    proxy = own.start_proxy()
    listener = own.listen(own.pod)
    client, server = own.pair(own.remote, own.pod, listener)

    assert proxy.admin("/drain_listeners?inboundonly", "POST").status == 200

    wait_until(lambda: is_refused(lambda: own.dial(own.remote, *listener.getsockname())), "new connections to be refused")
    ping(*own.pair(own.pod, own.remote))
    ping(client, server)

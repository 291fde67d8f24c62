# SPDX-License-Identifier: Apache-2.0
"""The reader of the kernel's socket tables, against sockets whose addresses are known."""

import os
import socket

import pytest

from tests.integration.support import netns
from tests.integration.zookeeper import sock_diag


@pytest.fixture(name="pod")
def _pod():
    with netns.Lab() as lab:
        yield lab.pod("pod", ["10.77.0.20/24", "fd77::20/64"])


def _listener(pod, address, family=socket.AF_INET, dualstack=False):
    with pod.entered():
        return socket.create_server((address, 0), family=family, dualstack_ipv6=dualstack)


def test_shows_listening_sockets_with_address_port_and_uid(pod):
    with _listener(pod, "10.77.0.20") as one, _listener(pod, "::", socket.AF_INET6, dualstack=True) as every:
        found = {(s.state, s.local.host, s.local.port, s.uid) for s in sock_diag.read(pod)}

        assert found == {("listening", "10.77.0.20", one.getsockname()[1], os.getuid()),
                         ("listening", "*", every.getsockname()[1], os.getuid())}


@pytest.mark.parametrize("address", ["127.0.0.6", "10.77.0.20", "fd77::20"])
def test_shows_both_ends_of_an_established_connection(pod, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with _listener(pod, address, family) as listener, pod.entered():
        with socket.create_connection(listener.getsockname()[:2], timeout=5) as client:
            server, _ = listener.accept()
            with server:
                near, far = (sock_diag.Address(*end[:2]) for end in (client.getsockname(), client.getpeername()))
                found = {(s.local, s.remote) for s in sock_diag.read(pod) if s.state == "established"}

    assert found == {(near, far), (far, near)}


def test_shows_ipv4_connections_of_ipv6_sockets_as_ipv4(pod):
    with _listener(pod, "::", socket.AF_INET6, dualstack=True) as listener, pod.entered():
        with socket.create_connection(("10.77.0.20", listener.getsockname()[1]), timeout=5):
            server, _ = listener.accept()
            with server:
                hosts = {s.local.host for s in sock_diag.read(pod) if s.state == "established"}

    assert hosts == {"10.77.0.20"}


def test_shows_this_namespace_only(pod):
    with pod.lab.pod("other", ["10.77.0.21/24"]).entered():
        elsewhere = socket.create_server(("10.77.0.21", 0))
    with elsewhere:
        assert sock_diag.read(pod) == []


def test_reads_a_table_that_does_not_fit_into_one_message(pod):
    with pod.entered():
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(600)]

    ports = {s.local.port for s in sock_diag.read(pod)}

    assert ports == {listener.getsockname()[1] for listener in listeners}
    for listener in listeners:
        listener.close()

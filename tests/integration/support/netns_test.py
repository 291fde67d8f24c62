# SPDX-License-Identifier: Apache-2.0
"""The namespace support itself: isolation, users, and that nothing stays behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap

from tests.integration.support import netns
from tests.integration.support.waiting import wait_until


def test_pods_reach_each_other_over_both_families():
    with netns.Lab(bridge_addresses=["10.77.0.1/24", "fd77::1/64"]) as lab:
        server = lab.pod("server", ["10.77.0.20/24", "fd77::20/64"])
        client = lab.pod("client", ["10.77.0.30/24", "fd77::30/64"])

        for family, address in ((socket.AF_INET, server.ipv4), (socket.AF_INET6, server.ipv6)):
            with server.entered():
                listener = socket.create_server((address, 0), family=family)
            with listener:
                with client.entered():
                    connection = socket.create_connection(listener.getsockname()[:2], timeout=5)
                with connection:
                    accepted, peer = listener.accept()
                    accepted.close()
                    assert peer[0] in (client.ipv4, client.ipv6)


def test_runs_commands_as_the_uid_and_gid_asked_for():
    with netns.Lab() as lab:
        pod = lab.namespace("pod")

        shown = pod.run(["sh", "-c", "id -u; id -g; id -G"], uid=1337, gid=4711)

        assert shown.stdout.split() == ["1337", "4711", "4711"]


def test_close_ends_processes_and_removes_namespaces():
    lab = netns.Lab()
    pod = lab.pod("pod", ["10.77.0.20/24"])
    process = pod.popen(["sleep", "600"])

    lab.close()

    assert process.returncode == -signal.SIGTERM
    assert not [name for name in netns.names() if name.startswith(lab.prefix + "-")]


def _start_child_with_a_pod():
    source = textwrap.dedent("""
        import signal
        from tests.integration.support import netns
        lab = netns.Lab()
        lab.pod("pod", ["10.77.0.20/24"])
        print(lab.prefix, flush=True)
        signal.pause()
    """)
    child = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "PYTHONPATH": os.getcwd()})
    return child, child.stdout.readline().strip()


def test_sigterm_removes_the_namespaces():
    child, prefix = _start_child_with_a_pod()

    child.terminate()
    child.communicate(timeout=10)

    assert child.returncode == -signal.SIGTERM
    assert not [name for name in netns.names() if name.startswith(prefix + "-")]


def test_the_next_lab_removes_what_a_killed_process_left():
    child, prefix = _start_child_with_a_pod()
    child.kill()
    child.communicate(timeout=10)
    assert [name for name in netns.names() if name.startswith(prefix + "-")]

    with netns.Lab():
        wait_until(lambda: not [name for name in netns.names() if name.startswith(prefix + "-")],
                   "the leftovers to be removed", deadline_s=5)

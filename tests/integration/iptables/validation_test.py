# SPDX-License-Identifier: Apache-2.0
"""--run-validation: a real connection decides; exit status 126 tells istio-cni that the rules are missing."""

import time

import pytest

from tests.integration.iptables.rig import BACK_ENDS, INJECTED, PROXY_UID
from tests.integration.support import reporter
from tests.integration.support.waiting import wait_until

VALIDATE = ["--skip-rule-apply", "--run-validation"]
PROXY = {"uid": PROXY_UID, "gid": PROXY_UID}


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_succeeds_as_the_proxys_user(rig, back_end):
    rig.apply(*INJECTED, "--force-iptables-binary", back_end)

    rig.apply(*INJECTED, *VALIDATE, **PROXY)


def test_succeeds_over_ipv6_in_a_pod_of_that_family(rig):
    rig.pod.ip("-4", "address", "flush", "dev", "eth0")
    rig.apply(*INJECTED)

    rig.apply(*INJECTED, *VALIDATE, **PROXY)


def test_succeeds_with_other_ports(rig):
    ports = ["-p", "15011", "-z", "16006", "--iptables-probe-port", "15099"]
    rig.apply(*INJECTED, *ports)

    rig.apply(*INJECTED, *ports, *VALIDATE, **PROXY)


def test_fails_without_rules(rig):
    started = time.monotonic()

    done = rig.iptables(*INJECTED, *VALIDATE, "--probe-timeout", "300ms", **PROXY)

    assert done.returncode == 126
    assert "127.0.0.6:15002" in done.stderr and "rules are missing" in done.stderr
    assert time.monotonic() - started >= 0.3


def test_fails_for_another_user_and_says_so(rig):
    rig.apply(*INJECTED)

    done = rig.iptables(*INJECTED, *VALIDATE, "--probe-timeout", "300ms", uid=1000, gid=1000)

    assert done.returncode == 126
    assert "uid 1000, gid 1000" in done.stderr and "uid 1337, gid 1337" in done.stderr


def test_waits_for_rules_that_come_later(rig):
    validation = rig.pod.popen([rig.binary, "iptables", *INJECTED, *VALIDATE, "--probe-timeout", "30s"], **PROXY)
    wait_until(lambda: "127.0.0.1:15006" in rig.pod.run(["ss", "-Htln"]).stdout, "the validation to listen")

    rig.apply(*INJECTED)

    assert validation.wait(20) == 0


def test_fails_when_both_ports_belong_to_somebody_else(rig):
    rig.apply(*INJECTED)
    reporter.start(rig.pod, [15001, 15006], uid=1000, gid=1000)

    done = rig.iptables(*INJECTED, *VALIDATE, **PROXY)

    assert done.returncode == 126
    assert "15006" in done.stderr


def test_rules_that_cannot_be_loaded_are_a_failure_of_loading(rig):
    done = rig.iptables(*INJECTED, "--run-validation", **PROXY)

    assert done.returncode == 1
    assert "NET_ADMIN" in done.stderr

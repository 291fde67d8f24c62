# SPDX-License-Identifier: Apache-2.0
"""The ZooKeeper story with assertions, and what can go differently in it: start orders, late sidecars, killed sidecars."""

import contextlib
import itertools
import pathlib
import signal
import sys

import pytest

from tests.integration.zookeeper import zk_client
from tests.integration.zookeeper.narrator import Narrator
from tests.integration.zookeeper.stage import FROM_1_10, Stage
from tests.integration.zookeeper.story import Story

FORM_DEADLINE_S = 60.0
END_DEADLINE_S = 15.0
pytestmark = pytest.mark.deadline(300)


@contextlib.contextmanager
def staged(binary):
    """A stage with Istio's rules in. A failure prints the logs, which pytest shows."""
    with Stage(pathlib.Path(binary)) as stage:
        try:
            stage.put_rules_in()
            yield stage
        except BaseException:
            stage.show_logs(print)
            raise


def formed(stage, start_order=(0, 1, 2)):
    """Sidecars, then the members in that order. Returns (leader, followers)."""
    stage.start_sidecars(FROM_1_10)
    stage.ensemble.start(start_order)
    return stage.ensemble.wait_formed(FORM_DEADLINE_S)[:2]


def write(stage, member, path):
    with stage.ensemble.client(member) as client:
        client.create(path, path.encode())


def has(stage, member, path):
    with stage.ensemble.client(member) as client:
        client.sync(path)
        return client.get(path) == path.encode()


def test_never_forms_before_1_10_and_survives_its_leader_from_then_on(outrigger_binary):
    with staged(outrigger_binary) as stage:
        story = Story(stage, Narrator(sys.stdout))

        story.act_one()
        story.act_two()


def test_act_one_notices_when_the_servers_do_meet(outrigger_binary):
    with Stage(pathlib.Path(outrigger_binary)) as stage:
        stage.put_rules_in()

        with pytest.raises(AssertionError, match="has an established connection on 10.77.0.2.:3888: none is expected"):
            Story(stage, Narrator(sys.stdout), before=FROM_1_10).act_one()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=lambda order: "".join(map(str, order)))
def test_forms_from_any_start_order(outrigger_binary, order):
    with staged(outrigger_binary) as stage:
        leader, followers = formed(stage, order)

        write(stage, followers[0], "/written")

        assert has(stage, followers[1], "/written") and has(stage, leader, "/written")


def test_forms_when_the_sidecars_start_after_the_application(outrigger_binary):
    with staged(outrigger_binary) as stage:
        stage.ensemble.start_together()
        # The rules send everything to ports on which nobody listens yet.
        assert all(answer.startswith("<") for answer in map(stage.ensemble.ask, stage.ensemble.members))

        stage.start_sidecars(FROM_1_10)

        stage.ensemble.wait_formed(FORM_DEADLINE_S)


def _killed_and_restarted(stage, members):
    sidecars = [stage.sidecar_of(member) for member in members]
    for sidecar in sidecars:
        sidecar.kill()
    return lambda: stage.start_sidecars(FROM_1_10, sidecars)


def test_goes_on_without_a_followers_sidecar_and_takes_it_back(outrigger_binary):
    with staged(outrigger_binary) as stage:
        leader, followers = formed(stage)
        restart = _killed_and_restarted(stage, [followers[0]])

        write(stage, leader, "/meanwhile")
        assert stage.ensemble.ask(followers[0]).startswith("<")
        restart()

        stage.ensemble.wait_formed(FORM_DEADLINE_S)
        assert has(stage, followers[0], "/meanwhile")


@pytest.mark.parametrize("who", ["leader", "everyone"])
def test_recovers_when_sidecars_are_killed_and_restarted(outrigger_binary, who):
    with staged(outrigger_binary) as stage:
        leader, followers = formed(stage)
        write(stage, leader, "/before")

        _killed_and_restarted(stage, [leader] if who == "leader" else stage.ensemble.members)()

        leader, followers, _ = stage.ensemble.wait_formed(FORM_DEADLINE_S)
        write(stage, leader, "/after")
        for member in stage.ensemble.members:
            assert has(stage, member, "/before") and has(stage, member, "/after")


def test_sidecars_serve_after_sigterm_until_the_application_is_gone(outrigger_binary):
    with staged(outrigger_binary) as stage:
        leader, followers = formed(stage)
        sidecars = [stage.sidecar_of(member) for member in stage.ensemble.members]
        for sidecar in sidecars:
            sidecar.process.send(signal.SIGTERM)

        write(stage, followers[0], "/late")
        assert has(stage, leader, "/late")
        assert zk_client.parse_srvr(stage.ensemble.ask(leader))["Mode"] == "leader"
        for member in stage.ensemble.members:
            member.kill()

        assert [sidecar.process.wait(END_DEADLINE_S) for sidecar in sidecars] == [0, 0, 0]

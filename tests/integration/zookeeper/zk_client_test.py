# SPDX-License-Identifier: Apache-2.0
"""The client against real ZooKeeper servers that reach each other directly, with no proxy: what it is measured by later."""

import pytest

from tests.integration.zookeeper import zk_client
from tests.integration.zookeeper.ensemble import Ensemble
from tests.integration.zookeeper.pods import Node


@pytest.fixture(name="ensemble", scope="module")
def _ensemble():
    with Node() as node:
        ensemble = Ensemble(node)
        ensemble.start_together()
        ensemble.wait_formed(deadline_s=60)
        yield ensemble


def test_reads_back_through_another_member_what_was_written(ensemble):
    with ensemble.client(ensemble.members[0]) as writer, ensemble.client(ensemble.members[1]) as reader:
        writer.create("/written", b"first")
        writer.set("/written", b"second")
        reader.sync("/written")

        assert reader.get("/written") == b"second"
        assert "written" in reader.children("/")
        reader.ping()


def test_reports_the_servers_error_codes(ensemble):
    with ensemble.client(ensemble.members[2]) as client:
        client.create("/twice", b"")

        with pytest.raises(zk_client.ZooKeeperError) as exists:
            client.create("/twice", b"")
        with pytest.raises(zk_client.ZooKeeperError) as absent:
            client.get("/absent")

    assert (exists.value.code, absent.value.code) == (zk_client.NODE_EXISTS, zk_client.NO_NODE)


def test_asks_four_letter_words(ensemble):
    assert ensemble.ask(ensemble.members[0], "ruok") == "imok"
    assert zk_client.parse_srvr(ensemble.ask(ensemble.members[0]))["Mode"] in ("leader", "follower")


def test_a_dead_member_is_an_error_and_not_a_hang(ensemble):
    dead = ensemble.members[2]
    dead.kill()

    with pytest.raises(OSError):
        ensemble.client(dead)

    assert ensemble.ask(dead).startswith("<")

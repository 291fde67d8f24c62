# SPDX-License-Identifier: Apache-2.0
"""The story: three ZooKeeper servers that never meet before Istio 1.10, and that do from then on.

Each act asserts what it tells; `narrator` shows it. Used by the demo and by the tests.
"""

import collections
import time

from tests.integration.zookeeper import zk_client
from tests.integration.zookeeper.ensemble import APP_UID, CLIENT_PORT, ELECTION_PORT, PEER_PORTS, QUORUM_PORT
from tests.integration.zookeeper.pods import member_name
from tests.integration.zookeeper.stage import BEFORE_1_10, FROM_1_10, PROXY_UID
from tests.integration.zookeeper.writer import FOLDER, Writer

NOT_SERVING = "not currently serving requests"
INBOUND_SOURCE = "127.0.0.6"
# How long act one watches. Unproxied, the same servers need well under a second to form once they all listen.
WATCH_S = 3.0
# Act one is over when each sidecar has been refused this often: the servers have tried, and more than once.
REFUSALS_EACH = 2
REFUSALS_DEADLINE_S = 30.0
FORM_DEADLINE_S = 60.0
ELECTION_DEADLINE_S = 60.0
# How long writing may pause while a leader is elected: mostly one or two seconds, half a second more for each vote in which
# the follower dials too early (see ensemble.py), which on a busy machine can be several in a row.
MAX_GAP_S = 20.0
WRITES_BEFORE, WRITES_AFTER = 50, 50
WRITES_DEADLINE_S = 30.0
OWNERS = {APP_UID: "zookeeper", PROXY_UID: "outrigger"}

Result = collections.namedtuple("Result", "first_leader formed_s new_leader gap_s writes")


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


class Story:
    """The acts, in order, on a stage.Stage. `before` and `after` are outrigger's configurations for act one and two."""

    def __init__(self, stage, narrator, before=BEFORE_1_10, after=FROM_1_10):
        self._stage = stage
        self._before = before
        self._after = after
        self._node = stage.node
        self._ensemble = stage.ensemble
        self._members = stage.ensemble.members
        self._narrator = narrator

    def set_up(self):
        say = self._narrator.say
        addresses = ", ".join(f"{pod.name} {pod.address}" for pod in self._node.pods)
        say(f"four pods on a bridge of their own: {addresses}")
        self._stage.put_rules_in()
        say("outrigger iptables put Istio's rules into each of them")

    def act_one(self):
        """Before 1.10: what arrives for the pod goes to loopback, where nobody listens on 2888 and 3888."""
        say = self._narrator.say
        self._stage.start_sidecars(self._before)
        say(f"outrigger runs in each pod with {self._before.name}: inbound goes to 127.0.0.1")
        self._ensemble.start_together()
        say("three ZooKeeper servers run and look for each other")
        readings = self._watch_nobody_meeting()
        self._show_listening(readings)
        self._show_refusals()
        self._show_not_serving()

    def act_two(self):
        """From 1.10 on: what arrives goes to the pod's own address, from 127.0.0.6."""
        first, followers, formed_s = self._sidecars_change()
        self._show_connections(first)
        self._show_members("what they answer to sleep")
        self._write_here_read_there(*followers)
        writer = Writer(self._ensemble, [first, *followers])
        writer.start()
        try:
            new = self._leader_dies(first, writer)
            self._dead_one_comes_back(first, writer)
        finally:
            writer.stop()
        self._nothing_lost(writer)
        gap_s, before, after = writer.longest_gap()
        self._narrator.say(f"the longest pause in writing was {gap_s:.2f} s, from {before.member} to {after.member}; "
                           f"the other writes took {_median_ms(writer):.1f} ms (median)")
        expect(gap_s < MAX_GAP_S, f"writing paused for {gap_s:.1f} s: at most {MAX_GAP_S} s are expected")
        return Result(first.name, formed_s, new.name, gap_s, writer.count())

    # ---- act one

    def _watch_nobody_meeting(self):
        begin, readings = time.monotonic(), 0

        def watched_and_refused():
            nonlocal readings
            readings += 1
            for member in self._members:
                met = _established_with_peers(member.pod)
                expect(not met, f"{member.name} has an established connection on {met and met[0].local}: none is expected")
            enough = all(_refusals(sidecar) >= REFUSALS_EACH for sidecar in self._stage.sidecars[:len(self._members)])
            return enough and time.monotonic() - begin >= WATCH_S

        self._node.wait_until(watched_and_refused, f"each sidecar to be refused {REFUSALS_EACH} times by 127.0.0.1:3888",
                              REFUSALS_DEADLINE_S)
        return readings

    def _show_listening(self, readings):
        rows = []
        for member in self._members:
            listening = {port: _listening_on(member.pod, port) for port in (CLIENT_PORT, ELECTION_PORT, QUORUM_PORT)}
            expect(listening[CLIENT_PORT] == f"*:{CLIENT_PORT}", f"{member.name}: 2181 is on {listening[CLIENT_PORT]}")
            expect(listening[ELECTION_PORT] == f"{member.pod.address}:{ELECTION_PORT}",
                   f"{member.name}: 3888 is on {listening[ELECTION_PORT]}, expected the pod's own address")
            expect(listening[QUORUM_PORT] == "", f"{member.name} listens on {listening[QUORUM_PORT]} without a quorum")
            rows.append([member.name, listening[CLIENT_PORT], listening[ELECTION_PORT], "-", "none"])
        self._narrator.say(f"the kernel's socket tables, read {readings} times while the servers kept trying:")
        self._narrator.table(["pod", "clients: 2181", "election: 3888", "quorum: 2888", "established on 2888 or 3888"], rows)

    def _show_refusals(self):
        for sidecar in self._stage.sidecars[:len(self._members)]:
            self._narrator.say(f"{sidecar.pod.name}: 127.0.0.1:3888 refused outrigger {_refusals(sidecar)} times")

    def _show_not_serving(self):
        for member in self._members:
            answer = self._ensemble.ask(member).strip()
            expect(NOT_SERVING in answer, f"{member.name} answered srvr with {answer!r}: expected '{NOT_SERVING}'")
            self._narrator.say(f"srvr to {member_name(member.number)}: {answer}")

    # ---- act two

    def _sidecars_change(self):
        self._stage.stop_sidecars()
        self._stage.start_sidecars(self._after)
        self._narrator.say(f"outrigger runs with {self._after.name} now: inbound goes to the pod's address, from 127.0.0.6; "
                           "ZooKeeper was not touched")
        leader, followers, seconds = self._ensemble.wait_formed(FORM_DEADLINE_S)
        self._narrator.say(f"{leader.name} leads after {seconds:.1f} s")
        return leader, followers, seconds

    def _show_connections(self, leader):
        rows = []
        for member in self._members:
            rows += [[member.name, *row] for row in _inbound_connections(member.pod)]
        quorum = [row for row in rows if row[2] == f"{leader.pod.address}:{QUORUM_PORT}"]
        expect(len(quorum) == 2,
               f"{len(quorum)} connections from {INBOUND_SOURCE} to {leader.pod.address}:2888, expected 2: {rows}")
        expect(all(row[3:] == ["outrigger", "zookeeper"] for row in quorum), f"the quorum's connections are others': {quorum}")
        self._narrator.say("established connections to the peers' ports, from the kernel's socket tables:")
        self._narrator.table(["pod", "from", "to", "dialled by", "accepted by"], rows)

    def _show_members(self, what):
        rows = []
        for member in self._members:
            fields = zk_client.parse_srvr(self._ensemble.ask(member))
            expect(fields, f"{member.name} does not serve")
            rows.append([member_name(member.number), fields["Mode"], fields["Zxid"], fields["Node count"]])
        self._narrator.say(f"{what}:")
        self._narrator.table(["srvr", "mode", "last change", "nodes"], rows)

    def _write_here_read_there(self, here, there):
        with self._ensemble.client(here) as writer, self._ensemble.client(there) as reader:
            writer.create(FOLDER, b"told by " + here.name.encode())
            reader.sync(FOLDER)
            read = reader.get(FOLDER).decode()
        expect(read == f"told by {here.name}", f"{there.name} has {read!r} for {FOLDER}")
        self._narrator.say(f"written through {here.name}, read from {there.name}: {FOLDER} is '{read}'")

    def _leader_dies(self, leader, writer):
        self._wait_writes(writer, WRITES_BEFORE)
        leader.kill()
        self._narrator.say(f"{leader.name}, the leader, is killed after write {writer.count()}; sleep goes on writing")
        new, _, seconds = self._ensemble.wait_formed(ELECTION_DEADLINE_S, followers=1)
        expect(new is not leader, f"{leader.name} answers as leader although it was killed")
        self._narrator.say(f"{new.name} was elected and serves after {seconds:.1f} s")
        self._wait_writes(writer, writer.count() + WRITES_AFTER)
        return new

    def _dead_one_comes_back(self, member, writer):
        target = writer.count()
        member.start()
        leader, _, seconds = self._ensemble.wait_formed(FORM_DEADLINE_S)
        expect(leader is not member, f"{member.name} came back as leader")
        self._node.wait_until(lambda: self._has_all(member, target), f"{member.name} to catch up with {target} writes",
                              WRITES_DEADLINE_S)
        self._narrator.say(f"{member.name} came back after {seconds:.1f} s and has the {target} writes made until then")
        self._wait_writes(writer, writer.count() + WRITES_AFTER)

    def _has_all(self, member, count):
        """Without sync: what the member has by itself."""
        with self._ensemble.client(member) as client:
            return set(map(str, range(count))) <= set(client.children(FOLDER))

    def _nothing_lost(self, writer):
        wanted = {str(write.number) for write in writer.acknowledged}
        for member in self._members:
            with self._ensemble.client(member) as client:
                client.sync(FOLDER)
                missing = wanted - set(client.children(FOLDER))
            expect(not missing, f"{member.name} lost {len(missing)} acknowledged writes, such as {sorted(missing)[:3]}")
        self._show_members(f"all {len(wanted)} acknowledged writes are on all three")

    def _wait_writes(self, writer, count):
        self._node.wait_until(lambda: writer.count() >= count, f"{count} acknowledged writes", WRITES_DEADLINE_S)


def _established_with_peers(pod):
    return [s for s in pod.sockets() if s.state == "established" and s.local.port in PEER_PORTS]


def _listening_on(pod, port):
    return ", ".join(str(s.local) for s in pod.sockets() if s.state == "listening" and s.local.port == port)


def _refusals(sidecar):
    """Dials to the election port that the sidecar's access log shows: all of them fail in act one."""
    return sum(1 for line in sidecar.access_log() if f"inbound|{ELECTION_PORT}||" in line)


def _inbound_connections(pod):
    """Connections from 127.0.0.6 to the peers' ports: [from, to, dialled by, accepted by], both ends being in this pod."""
    sockets = {(s.local, s.remote): s for s in pod.sockets() if s.state == "established"}
    return [[str(near), str(far), OWNERS.get(s.uid, s.uid), OWNERS.get(sockets[far, near].uid, "")]
            for (near, far), s in sorted(sockets.items())
            if near.host == INBOUND_SOURCE and far.port in PEER_PORTS and (far, near) in sockets]


def _median_ms(writer):
    times = sorted(write.took_s for write in writer.acknowledged)
    return times[len(times) // 2] * 1000

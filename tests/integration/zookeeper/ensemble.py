# SPDX-License-Identifier: Apache-2.0
"""Real ZooKeeper servers, Debian's, one in each zookeeper pod, with the settings that hurt before Istio 1.10."""

import os
import pathlib
import time

from tests.integration.zookeeper import zk_client
from tests.integration.zookeeper.pods import full_member_name, member_name

# An ordinary user. Not 1337, whose connections the rules let pass.
APP_UID = 1000
CLIENT_PORT, QUORUM_PORT, ELECTION_PORT = 2181, 2888, 3888
PEER_PORTS = (QUORUM_PORT, ELECTION_PORT)
JARS = [pathlib.Path("/usr/share/java") / jar for jar in ("zookeeper.jar", "slf4j-simple.jar")]
START_DEADLINE_S = 60.0
ANSWER_TIMEOUT_S = 2.0

# Small and quick to start: three of them share a small machine with the test.
JAVA_OPTIONS = [
    "-Xms32m", "-Xmx128m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto",
    "-XX:CICompilerCount=1",
    "-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
    # Size of a log file that is allocated at once, in KiB; the default of 64 MiB is for disks.
    "-Dzookeeper.preAllocSize=256",
    # A member that finds no quorum tries again after 0.2 s, then twice as long each time, but never longer than this (in ms).
    "-Dzookeeper.fastleader.maxNotificationInterval=1000",
    # Behind any sidecar a dial is accepted before the application's own answer is known. A follower that dials its new leader
    # a millisecond before that one listens is reset instead of refused, and goes back to voting. The leader would wait for it
    # for initLimit ticks; this is how long, in ms, once it hears of the vote.
    "-Dzookeeper.leader.maxTimeToWaitForEpoch=200",
]

# quorumListenOnAllIPs=false is ZooKeeper's default: 2888 and 3888 are opened on the member's own address only. With a
# tick of half a second a leader without followers gives up after initLimit = 3 s, a member that hangs is dropped after as long.
CONFIGURATION = """\
tickTime=500
initLimit=6
syncLimit=6
clientPort=2181
quorumListenOnAllIPs=false
admin.enableServer=false
4lw.commands.whitelist=srvr,ruok,stat,mntr
"""


def missing_packages():
    """A sentence about what is not installed, or None."""
    absent = [str(path) for path in [*JARS, pathlib.Path("/usr/bin/java")] if not path.exists()]
    return f"{', '.join(absent)} missing: install Debian's package zookeeper" if absent else None


class Member:
    """The server in one pod. Its data stay when it is killed, so it can be started again."""

    def __init__(self, pod, number):
        self.pod = pod
        self.number = number
        self.name = pod.name
        self.process = None
        self._folder = pod.node.ledger.files / "data" / pod.name
        self._write_files()

    def start(self):
        classpath = ":".join(str(path) for path in JARS)
        self.process = self.pod.start(self.name, [
            "/usr/bin/java", *JAVA_OPTIONS, "-cp", classpath, "org.apache.zookeeper.server.quorum.QuorumPeerMain",
            str(self._folder / "zoo.cfg")], uid=APP_UID, gid=APP_UID)

    def kill(self):
        self.process.kill()

    def is_looking(self):
        """It is up as far as it gets by itself: clients and the other members can connect."""
        if self.process.returncode is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode} while it started:\n{self.process.tail()}")
        return self.pod.listens(CLIENT_PORT, APP_UID) and self.pod.listens(ELECTION_PORT, APP_UID)

    def _write_files(self):
        self._folder.mkdir(parents=True)
        lines = [f"server.{number + 1}={full_member_name(number)}:{QUORUM_PORT}:{ELECTION_PORT}" for number in range(3)]
        configuration = f"{CONFIGURATION}dataDir={self._folder}\n" + "\n".join(lines) + "\n"
        (self._folder / "zoo.cfg").write_text(configuration, encoding="utf-8")
        (self._folder / "myid").write_text(f"{self.number + 1}\n", encoding="utf-8")
        for path in (self._folder, self._folder / "zoo.cfg", self._folder / "myid"):
            os.chown(path, APP_UID, APP_UID)


class Ensemble:
    """The three members, as the pod `sleep` sees them under their stable names."""

    def __init__(self, node):
        self.node = node
        self.members = [Member(pod, number) for number, pod in enumerate(node.members)]

    def start(self, order=(0, 1, 2)):
        """Starts the members one after the other, each when the one before it is looking for the others."""
        for number in order:
            self.members[number].start()
            self.wait_looking([self.members[number]])

    def start_together(self):
        for member in self.members:
            member.start()
        self.wait_looking(self.members)

    def wait_looking(self, members):
        self.node.wait_until(lambda: all(member.is_looking() for member in members),
                             f"{', '.join(m.name for m in members)} to listen on {CLIENT_PORT} and {ELECTION_PORT}",
                             START_DEADLINE_S)

    def ask(self, member, word="srvr"):
        """What a member answers to `sleep`; the reason in angle brackets when it does not."""
        try:
            connection = self.node.sleep.connect(member_name(member.number), CLIENT_PORT, ANSWER_TIMEOUT_S)
            return zk_client.four_letter_word(connection, word)
        except OSError as error:
            return f"<{error}>"

    def modes(self):
        """{name: "leader" | "follower" | ""} by asking each member."""
        return {member.name: zk_client.parse_srvr(self.ask(member)).get("Mode", "") for member in self.members}

    def wait_formed(self, deadline_s, followers=2):
        """Waits for one leader and that many followers. Returns (leader, [followers], seconds)."""
        begin, modes = time.monotonic(), {}

        def formed():
            modes.update(self.modes())
            return sorted(filter(None, modes.values())) == ["follower"] * followers + ["leader"]

        try:
            self.node.wait_until(formed, "one leader", deadline_s)
        except TimeoutError as error:
            raise AssertionError(f"no leader with {followers} followers after {deadline_s} s, but {modes}") from error
        leader = next(m for m in self.members if modes[m.name] == "leader")
        return leader, [m for m in self.members if modes[m.name] == "follower"], time.monotonic() - begin

    def client(self, member):
        """A session of `sleep` on that member."""
        return zk_client.Client(self.node.sleep.connect(member_name(member.number), CLIENT_PORT, ANSWER_TIMEOUT_S))

# SPDX-License-Identifier: Apache-2.0
"""Pods: network namespaces with an address behind a bridge, names that resolve in them, and programs beside each other.

The bridge stands in a namespace of its own, so the machine's own network is never touched. `ip netns exec` puts each pod's
own /etc/hosts over the machine's, which is how the stable names of a StatefulSet resolve in it.
"""

import os
import pathlib
import signal
import socket
import subprocess

from tests.integration.support import netns
from tests.integration.support.waiting import wait_until
from tests.integration.zookeeper import ledger, sock_diag

GATEWAY = "10.77.0.1"
PREFIX_LENGTH = 24
HEADLESS_SERVICE = "zookeeper-headless"
MEMBERS = {"zookeeper-0": "10.77.0.20", "zookeeper-1": "10.77.0.21", "zookeeper-2": "10.77.0.22"}
SLEEP = {"sleep": "10.77.0.30"}
END_DEADLINE_S = 15.0
TAIL_LINES = 25


class Interrupted(Exception):
    """A signal asked the run to end."""


class Interrupts:
    """Once installed, SIGINT, SIGTERM and SIGHUP end a run at its next check, so never halfway through making a thing."""

    def __init__(self):
        self._asked_by = None

    def install(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def check(self):
        if self._asked_by:
            raise Interrupted(self._asked_by.name)

    def _on_signal(self, number, _frame):
        self._asked_by = self._asked_by or signal.Signals(number)


class Process:
    """A program in a pod. Its output is in `log`."""

    def __init__(self, name, popen, log):
        self.name = name
        self.log = log
        self._popen = popen

    @property
    def pid(self):
        return self._popen.pid

    @property
    def returncode(self):
        """None while it runs; negative is the signal that ended it."""
        return self._popen.poll()

    def send(self, number):
        self._popen.send_signal(number)

    def kill(self):
        """SIGKILL, and waits for the end. Fine when it has ended already."""
        self._popen.kill()
        return self.wait()

    def wait(self, deadline_s=END_DEADLINE_S):
        return self._popen.wait(deadline_s)

    def tail(self, lines=TAIL_LINES):
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Pod:
    """One pod of a Node: `namespace` is its network, `hosts` the names that it can resolve."""

    def __init__(self, node, name, address):
        self.node = node
        self.name = name
        self.address = address
        self.namespace = node.lab.pod(name, [f"{address}/{PREFIX_LENGTH}"])
        etc = ledger.NETNS_FILES / self.namespace.full_name
        with ledger.locked():
            etc.mkdir(parents=True)
        self.hosts = etc / "hosts"
        self.hosts.write_text(_hosts_file(), encoding="utf-8")
        # Nobody answers there, so a name that is not in the hosts file is refused at once.
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")

    def start(self, name, argv, uid, gid, output=None):
        """Starts a program in this pod. Standard error, and output unless given a file name of its own, go to NAME.log."""
        log = self._log_file(f"{name}.log", uid, gid)
        out = self._log_file(output, uid, gid) if output else log
        with open(out, "ab") as stdout, open(log, "ab") as stderr:
            popen = self.namespace.popen(argv, uid=uid, gid=gid, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                         cwd=self.node.ledger.files)
        self.node.ledger.note_process(popen.pid, name)
        process = Process(name, popen, log)
        self.node.processes.append(process)
        return process

    def connect(self, host, port, timeout_s):
        """A connection that a program in this pod makes. `host` is an address or a name in this pod's hosts file."""
        with self.namespace.entered():
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.settimeout(timeout_s)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.connect((self.resolve(host), port))
        except BaseException:
            made.close()
            raise
        return made

    def resolve(self, host):
        for line in self.hosts.read_text(encoding="utf-8").splitlines():
            address, *names = line.split()
            if host == address or host in names:
                return address
        raise OSError(f"{self.name} cannot resolve {host}: it is not in {self.hosts}")

    def sockets(self):
        """The kernel's table of TCP sockets in this pod."""
        return sock_diag.read(self.namespace)

    def listens(self, port, uid):
        """Whether a program of `uid` listens on `port` here."""
        return any(s.state == "listening" and s.local.port == port and s.uid == uid for s in self.sockets())

    def _log_file(self, name, uid, gid):
        # Owned by the program, which may want to open /dev/stdout anew.
        path = self.node.logs / name
        path.touch()
        os.chown(path, uid, gid)
        return path


class Node:
    """The pods zookeeper-0 to -2 and sleep, and all that runs in them. close() leaves nothing behind."""

    def __init__(self, interrupts=None):
        ledger.clear_leftovers()
        self.ledger = ledger.Ledger.create()
        self.logs = self.ledger.files / "logs"
        self.logs.mkdir()
        self.processes = []
        self.interrupts = interrupts or Interrupts()
        # Set by whoever handles a failure itself: the logs then stay when the pods go.
        self.failed = False
        self.lab = netns.Lab(prefix=self.ledger.prefix, bridge_addresses=[f"{GATEWAY}/{PREFIX_LENGTH}"])
        try:
            self.members = [Pod(self, name, address) for name, address in MEMBERS.items()]
            self.sleep = Pod(self, "sleep", SLEEP["sleep"])
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        if not self.ledger.kept:
            self.close(keep_logs=self.failed or kind not in (None, Interrupted, BrokenPipeError))

    @property
    def pods(self):
        return [*self.members, self.sleep]

    def wait_until(self, condition, what, deadline_s, interval_s=0.02):
        """waiting.wait_until which also ends when a signal asks for it."""
        def asked_or_true():
            self.interrupts.check()
            return condition()
        return wait_until(asked_or_true, what, deadline_s, interval_s)

    def keep(self):
        """Leaves everything running when this process ends; `demo.py --down` removes it."""
        self.ledger.keep()
        self.lab.keep()

    def close(self, keep_logs=False):
        """Ends what runs in the pods, then removes them. The logs stay if asked for."""
        for process in reversed(self.processes):
            process.kill()
        self.lab.close()
        self.ledger.clear(keep_logs)


def member_name(number):
    """The stable name of a member, as other pods dial it."""
    return f"zookeeper-{number}.{HEADLESS_SERVICE}"


def full_member_name(number):
    return f"{member_name(number)}.default.svc.cluster.local"


def _hosts_file():
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    for number, (name, address) in enumerate(MEMBERS.items()):
        lines.append(f"{address} {full_member_name(number)} {member_name(number)} {name}")
    lines += [f"{address} {name}" for name, address in SLEEP.items()]
    return "\n".join(lines) + "\n"


def repository():
    return pathlib.Path(__file__).resolve().parents[3]

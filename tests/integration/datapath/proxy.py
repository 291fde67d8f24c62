# SPDX-License-Identifier: Apache-2.0
"""The program under test in a namespace: started, asked, ended."""

import contextlib
import http.client
import itertools
import json
import os
import re
import resource
import signal
import socket
import subprocess

from tests.integration.datapath import pod_config
from tests.integration.support.waiting import wait_until

READY_DEADLINE_S = 30.0
END_DEADLINE_S = 20.0
ADMIN_TIMEOUT_S = 10.0
TAIL_LINES = 30

_counter = itertools.count()


class Answer:
    def __init__(self, status, body):
        self.status = status
        self.body = body.decode()


class Proxy:
    """`outrigger run` with `config` in `namespace` under `uid`. Its log and its access logs are in `folder`.

    descriptors: its RLIMIT_NOFILE, soft and hard.
    """

    def __init__(self, binary, namespace, folder, config, uid, arguments=(), descriptors=None):
        self.namespace = namespace
        self.folder = folder
        self.uid = uid
        self.admin_port = config["admin"]["address"]["socket_address"]["port_value"]
        number = next(_counter)
        self.log_path = folder / f"outrigger-{number}.log"
        path = folder / f"config-{number}.yaml"
        path.write_text(json.dumps(config, indent=1), encoding="utf-8")
        limit = None
        if descriptors:
            def limit():
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        with open(self.log_path, "wb") as log:
            self._popen = namespace.popen([binary, "run", "-c", path, *arguments], uid=uid, gid=uid, preexec_fn=limit,
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def pid(self):
        return self._popen.pid

    @property
    def returncode(self):
        """None while it runs."""
        return self._popen.poll()

    def wait_ready(self):
        def is_ready():
            assert self.returncode is None, f"it ended with {self.returncode} while it started:\n{self.tail()}"
            with contextlib.suppress(OSError):
                return self.admin("/ready").status == 200
            return False
        wait_until(is_ready, f"the proxy to be ready; its log ends in:\n{self.tail()}", READY_DEADLINE_S)
        return self

    # --- Ending it.

    def send(self, number):
        self._popen.send_signal(number)

    def wait(self, deadline_s=END_DEADLINE_S):
        """Its exit status."""
        return self._popen.wait(deadline_s)

    def stop(self):
        """SIGTERM until it has ended: the first one lets it wait for the application, the second does not."""
        def ended():
            if self.returncode is None:
                self.send(signal.SIGTERM)
            return self.returncode is not None
        wait_until(ended, f"the proxy to end after SIGTERM:\n{self.tail()}", END_DEADLINE_S, 0.1)
        assert self.returncode == 0, f"exit status {self.returncode}:\n{self.tail()}"

    def kill(self):
        if self.returncode is None:
            self._popen.kill()
            self._popen.wait()

    # --- Its log.

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def tail(self):
        return "\n".join(self.log().splitlines()[-TAIL_LINES:])

    def sessions(self):
        """What the JSON access log says: a list of dicts, one a session that has ended."""
        path = self.folder / pod_config.JSON_LOG
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]

    def wait_session(self, accept, what, deadline_s=10.0):
        """The first line of the JSON access log that `accept` takes."""
        found = []
        def look():
            found[:] = [line for line in self.sessions() if accept(line)]
            return found
        try:
            wait_until(look, what, deadline_s)
        except TimeoutError as error:
            lines = "\n".join(map(str, self.sessions()[-TAIL_LINES:]))
            raise TimeoutError(f"{error}. The access log ends in:\n{lines}\nthe log in:\n{self.tail()}") from None
        return found[0]

    def session_of(self, client, deadline_s=10.0):
        """The line of the session whose peer is the address `client` (host, port)."""
        peer = f"[{client[0]}]:{client[1]}" if ":" in client[0] else f"{client[0]}:{client[1]}"
        return self.wait_session(lambda line: line["peer"] == peer, f"the session of {peer} in the access log", deadline_s)

    # --- The admin port.

    def admin(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=ADMIN_TIMEOUT_S)
        with self.namespace.entered():
            connection.sock = socket.socket()
        connection.sock.settimeout(ADMIN_TIMEOUT_S)
        try:
            connection.sock.connect(("127.0.0.1", self.admin_port))
            connection.request(method, path)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def stats(self):
        lines = self.admin("/stats").body.splitlines()
        return {name: int(value) for name, value in (line.rsplit(": ", 1) for line in lines)}

    def stat(self, name):
        return self.stats()[name]

    def connections(self):
        answer = json.loads(self.admin("/connections?format=json").body)
        assert answer["workers_silent"] == 0
        return answer["connections"]

    def wait_no_sessions(self, deadline_s=10.0):
        wait_until(lambda: self.stat("outrigger.sessions_active") == 0, "all sessions to end", deadline_s)
        assert self.connections() == []

    # --- What the kernel says of the process.

    def status_kib(self, field):
        """A field of /proc/PID/status that is in KiB, such as RssAnon."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.MULTILINE)[1])

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def socket_count(self):
        """Open sockets, those of the admin port's clients included."""
        count = 0
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"/proc/{self.pid}/fd/{name}").startswith("socket:")
        return count

    def wait_sockets(self, count):
        """Waits until no more than `count` sockets are open."""
        wait_until(lambda: self.socket_count() <= count, f"{self.socket_count()} sockets to become {count}")

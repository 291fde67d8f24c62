# SPDX-License-Identifier: Apache-2.0
"""Short connections at a steady rate: dial, one byte each way, the client closes first, so the dialling sides keep TIME_WAIT."""

import collections
import contextlib
import socket
import threading
import time

IP_BIND_ADDRESS_NO_PORT = 24
DIAL_TIMEOUT_S = 20.0
# One cause does not fill the report.
FAILURES_MAX = 5

# rate: connections a second. It goes on for `seconds`, and until `count` connections are made.
Load = collections.namedtuple("Load", "namespace sources target rate seconds count threads")
Churned = collections.namedtuple("Churned", "made failures")


def serve(listeners, threads):
    """Answers one byte with one byte and reads to the end. Does not return."""
    def run(listener):
        while True:
            with contextlib.suppress(OSError):  # the client counts it
                connection, _ = listener.accept()
                with connection:
                    while data := connection.recv(64):
                        connection.sendall(data)
    running = [threading.Thread(target=run, args=(listener,)) for listener in listeners for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _call(source, target):
    family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(DIAL_TIMEOUT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        connection.bind((source, 0))
        connection.connect(target)
        connection.sendall(b"c")
        if connection.recv(1) != b"c":
            raise OSError("the connection ended before it was answered")
        connection.shutdown(socket.SHUT_WR)
        if connection.recv(1):
            raise OSError("more came than was asked for")


class _Churn:
    def __init__(self, load):
        self._load = load
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self.started = 0
        self.failures = []

    def take(self):
        """The number of the next connection, once it is due; None when enough is made."""
        with self._lock:
            due = self._began + self.started / self._load.rate
            over = self.started >= self._load.count and due >= self._began + self._load.seconds
            if over or len(self.failures) >= FAILURES_MAX:
                return None
            number = self.started
            self.started += 1
        # The pace of the load; nothing is waited for.
        time.sleep(max(0.0, due - time.monotonic()))
        return number

    def run(self):
        with self._load.namespace.entered():
            while (number := self.take()) is not None:
                try:
                    _call(self._load.sources[number % len(self._load.sources)], self._load.target)
                except OSError as error:
                    with self._lock:
                        self.failures.append(f"connection {number}: {type(error).__name__}: {error}")


def churn(load):
    work = _Churn(load)
    running = [threading.Thread(target=work.run) for _ in range(load.threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return Churned(work.started, work.failures)

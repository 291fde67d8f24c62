# SPDX-License-Identifier: Apache-2.0
"""Many connections whose two ends each send a random stream in random pieces, and hash what they send and what they receive.

Clients and servers are processes of their own with a thread per direction: sockets and hashing work outside the interpreter's
lock. Nothing but the streams goes over the connections (one may be a single byte, or none), so the two ends do not know of each
other: what is compared in the end is the set of (hash sent, hash received) of one side with that of the other.
"""

import collections
import contextlib
import hashlib
import random
import socket
import threading
import time

from tests.integration.datapath.child import Child

NOISE_BYTES = 16 << 20
SIZE_MAX = 8 << 20
# Sizes are drawn on a logarithmic scale up to here, or evenly up to SIZE_MAX.
SMALL_SIZE_MAX = 1 << 20
RECEIVE_BYTES = 256 << 10
SOCKET_TIMEOUT_S = 120.0
PAUSE_MAX_S = 0.03
PAUSES_MAX = 3

# sent, received: (bytes, SHA-256).
Ends = collections.namedtuple("Ends", "sent received")
# A connection to be made. `answers_end`: the client waits for the whole stream of the server before it sends its own.
Call = collections.namedtuple("Call", "namespace host port size answers_end")


def draw_sizes(rng, count, total):
    """`count` sizes of about `total` bytes in all. The smallest and the largest are among them."""
    mean_small, mean_large = SMALL_SIZE_MAX / 13.9, SIZE_MAX / 2
    share = min(max((total / count - mean_small) / (mean_large - mean_small), 0.0), 1.0)
    sizes = [1, SIZE_MAX]
    while len(sizes) < count:
        if rng.random() < share:
            sizes.append(rng.randint(1, SIZE_MAX))
        else:
            sizes.append(int(SMALL_SIZE_MAX ** rng.random()))
    rng.shuffle(sizes)
    return sizes


def pieces(rng, size):
    """The sizes of the writes that make up `size`. One stream may change from small to large writes and back."""
    left = size
    while left:
        largest = rng.choice([100, 2_000, 40_000, 250_000])
        # A stretch of writes of one kind, long enough for the proxy to take to them.
        for _ in range(rng.randint(1, 30)):
            piece = min(left, rng.randint(1, largest))
            if not piece:
                return
            yield piece
            left -= piece


def pause_places(rng, size):
    """After how many bytes to pause. A pause is part of the traffic; nothing waits for it."""
    return sorted(rng.randrange(size + 1) for _ in range(rng.randint(0, PAUSES_MAX)))


class Stream:
    """Sends and hashes `size` bytes of noise, and receives and hashes what comes."""

    def __init__(self, connection, noise, size, seed):
        self.connection = connection
        self.noise = noise
        self.size = size
        self.rng = random.Random(seed)
        self.failure = None

    def send(self):
        hashed = hashlib.sha256()
        offset, sent = self.rng.randrange(len(self.noise) - SIZE_MAX), 0
        pauses = pause_places(self.rng, self.size)
        for piece in pieces(self.rng, self.size):
            data = self.noise[offset + sent:offset + sent + piece]
            self.connection.sendall(data)
            hashed.update(data)
            sent += piece
            while pauses and sent >= pauses[0]:
                pauses.pop(0)
                time.sleep(self.rng.random() * PAUSE_MAX_S)
        self.connection.shutdown(socket.SHUT_WR)
        return sent, hashed.hexdigest()

    def receive(self):
        hashed, received = hashlib.sha256(), 0
        buffer = memoryview(bytearray(RECEIVE_BYTES))
        pauses = pause_places(random.Random(self.size), self.size)
        while count := self.connection.recv_into(buffer):
            hashed.update(buffer[:count])
            received += count
            while pauses and received >= pauses[0]:
                pauses.pop(0)
                time.sleep(PAUSE_MAX_S)
        return received, hashed.hexdigest()

    def exchange(self, answers_end):
        with self.connection:
            if answers_end:
                received = self.receive()
                return Ends(self.send(), received)
            result = []
            sender = threading.Thread(target=lambda: result.append(self._guarded_send()))
            sender.start()
            try:
                received = self.receive()
            finally:
                sender.join()
            if self.failure:
                raise self.failure
            return Ends(result[0], received)

    def _guarded_send(self):
        try:
            return self.send()
        except OSError as error:
            self.failure = error
            # The receiving side must not wait for an answer that will not come.
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return None


def _in_threads(work, items, threads):
    """[work(item)] with that many threads; a failure becomes a string in the list."""
    items, results, lock = list(reversed(items)), [], threading.Lock()

    def run():
        while True:
            with lock:
                if not items:
                    return
                item = items.pop()
            try:
                results.append(work(item))
            except OSError as error:
                results.append(f"{type(error).__name__}: {error}")

    started = [threading.Thread(target=run) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return results


def _make_calls(calls, noise, seed, threads):
    def call(numbered):
        number, wanted = numbered
        with wanted.namespace.entered():
            connection = socket.socket(socket.AF_INET6 if ":" in wanted.host else socket.AF_INET)
        connection.settimeout(SOCKET_TIMEOUT_S)
        connection.connect((wanted.host, wanted.port))
        return Stream(connection, noise, wanted.size, f"{seed}/client/{number}").exchange(wanted.answers_end)
    return _in_threads(call, list(enumerate(calls)), threads)


def _serve(listeners, sizes, noise, seed, threads):
    """Accepts as many connections as there are sizes; `threads` a listener, so that none starves."""
    def serve(numbered):
        number, (listener, size) = numbered
        connection, _ = listener.accept()
        connection.settimeout(SOCKET_TIMEOUT_S)
        return Stream(connection, noise, size, f"{seed}/server/{number}").exchange(answers_end=False)

    results, lock = [], threading.Lock()

    def serve_one_listener(listener, own):
        served = _in_threads(serve, [(f"{listener.fileno()}/{i}", (listener, size)) for i, size in enumerate(own)], threads)
        with lock:
            results.extend(served)

    started = [threading.Thread(target=serve_one_listener, args=pair) for pair in zip(listeners, sizes)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return results


Outcome = collections.namedtuple("Outcome", "clients servers failures bytes")


def run(calls, listeners, server_sizes, seed, threads):
    """Makes `calls`, `threads` at a time. `server_sizes`: for each listener what it sends on its connections."""
    noise = memoryview(random.Random(seed).randbytes(NOISE_BYTES))
    with Child(_serve, listeners, server_sizes, noise, seed, threads) as servers, \
            Child(_make_calls, calls, noise, seed, threads) as clients:
        made, served = clients.result(), servers.result()
    failures = [end for end in made + served if isinstance(end, str)]
    made = [end for end in made if not isinstance(end, str)]
    served = [end for end in served if not isinstance(end, str)]
    return Outcome(made, served, failures, sum(end.sent[0] + end.received[0] for end in made))


def differences(outcome):
    """The connections whose two ends do not agree: (what clients saw, what servers saw)."""
    clients = collections.Counter((end.sent, end.received) for end in outcome.clients)
    servers = collections.Counter((end.received, end.sent) for end in outcome.servers)
    return clients - servers, servers - clients

# SPDX-License-Identifier: Apache-2.0
"""As much of ZooKeeper's client protocol as the story needs: sessions, nodes, and the four-letter words.

A client is given a connected socket, so that it can stand in any network namespace. Every call ends within the socket's
timeout; a connection that ends or stays silent raises OSError, an error that the server answers raises ZooKeeperError.
"""

import socket
import struct

CREATE, GET_DATA, SET_DATA, GET_CHILDREN, SYNC, PING, CLOSE_SESSION = 1, 4, 5, 8, 9, 11, -11
PING_XID = -2
NO_NODE, NODE_EXISTS = -101, -110
ANY_VERSION = -1
ALL_PERMISSIONS = 31
# ZooKeeper's own default (jute.maxbuffer).
MAX_FRAME_BYTES = 0xFFFFF


class ZooKeeperError(Exception):
    """An error code that the server answered with."""

    def __init__(self, code, path):
        super().__init__(f"ZooKeeper answered with error {code} for {path}")
        self.code = code


def four_letter_word(connection, word):
    """What the server says to `word` ("srvr", "ruok", "stat", "mntr"). The server closes the connection after it."""
    with connection:
        connection.sendall(word.encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def parse_srvr(text):
    """The fields of an answer to `srvr`: {"Mode": "leader", "Zxid": "0x100000003", ...}. Empty when it is not serving."""
    fields = (line.partition(":") for line in text.splitlines())
    found = {key.strip(): value.strip() for key, _, value in fields}
    return found if "Mode" in found else {}


def _buffer(data):
    return struct.pack(">i", len(data)) + data


def _string(text):
    return _buffer(text.encode())


class Client:
    """One session on one server. `connection` is closed with it."""

    def __init__(self, connection, session_timeout_ms=4000):
        self._connection = connection
        self._xid = 0
        try:
            self._send(struct.pack(">iqiq", 0, 0, session_timeout_ms, 0) + _buffer(bytes(16)) + b"\0")
            _, self.negotiated_timeout_ms, self.session_id = struct.unpack_from(">iiq", self._receive())
        except BaseException:
            connection.close()
            raise
        if self.negotiated_timeout_ms <= 0:
            connection.close()
            raise ConnectionError("the server refused the session")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def create(self, path, data):
        """A persistent node that anyone may change."""
        acl = struct.pack(">ii", 1, ALL_PERMISSIONS) + _string("world") + _string("anyone")
        self._call(CREATE, path, _buffer(data) + acl + struct.pack(">i", 0))

    def set(self, path, data):
        self._call(SET_DATA, path, _buffer(data) + struct.pack(">i", ANY_VERSION))

    def get(self, path):
        answer = self._call(GET_DATA, path, b"\0")
        length = struct.unpack_from(">i", answer)[0]
        return answer[4:4 + length]

    def children(self, path):
        answer, names, offset = self._call(GET_CHILDREN, path, b"\0"), [], 4
        for _ in range(struct.unpack_from(">i", answer)[0]):
            length = struct.unpack_from(">i", answer, offset)[0]
            names.append(answer[offset + 4:offset + 4 + length].decode())
            offset += 4 + length
        return names

    def sync(self, path):
        """After this the server has seen all that the leader had committed when it was called."""
        self._call(SYNC, path, b"")

    def ping(self):
        self._send(struct.pack(">ii", PING_XID, PING))
        self._answer(PING_XID, "a ping")

    def close(self):
        """Ends the session. A connection that is gone already is fine: the session then ends by its timeout."""
        try:
            self._send(struct.pack(">ii", self._xid + 1, CLOSE_SESSION))
            self._receive()
        except OSError:
            pass
        self._connection.close()

    def abandon(self):
        """Closes the connection without a word, after an error."""
        self._connection.close()

    def _call(self, operation, path, rest):
        self._xid += 1
        self._send(struct.pack(">ii", self._xid, operation) + _string(path) + rest)
        return self._answer(self._xid, path)

    def _answer(self, xid, path):
        answer = self._receive()
        got, _, error = struct.unpack_from(">iqi", answer)
        if got != xid:
            raise ConnectionError(f"the server answered request {got} instead of {xid}")
        if error != 0:
            raise ZooKeeperError(error, path)
        return answer[16:]

    def _send(self, payload):
        self._connection.sendall(_buffer(payload))

    def _receive(self):
        length = struct.unpack(">i", self._exactly(4))[0]
        if not 0 <= length <= MAX_FRAME_BYTES:
            raise ConnectionError(f"a frame of {length} bytes: expected at most {MAX_FRAME_BYTES}")
        return self._exactly(length)

    def _exactly(self, count):
        data = bytearray()
        while len(data) < count:
            part = self._connection.recv(count - len(data), socket.MSG_WAITALL)
            if not part:
                raise ConnectionError("the server closed the connection")
            data += part
        return bytes(data)

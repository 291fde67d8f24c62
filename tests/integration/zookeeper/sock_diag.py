# SPDX-License-Identifier: Apache-2.0
"""The kernel's own table of TCP sockets in a network namespace, by NETLINK_SOCK_DIAG.

    for found in sock_diag.read(pod.namespace):
        print(found.state, found.local, found.remote, found.uid)
"""

import dataclasses
import errno
import ipaddress
import os
import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLM_F_DUMP_INTR = 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
# A dump that the kernel marks as interrupted is read again. Churn in a pod is far too low to spoil this many in a row.
DUMP_ATTEMPTS = 20
ANSWER_TIMEOUT_S = 5.0

ESTABLISHED, LISTEN = 1, 10
STATE_NAMES = {ESTABLISHED: "established", LISTEN: "listening"}
ALL_STATES = (1 << ESTABLISHED) | (1 << LISTEN)

_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI48x")
# family, state, timer, retrans | ports, addresses, interface, cookie | expires, rqueue, wqueue, uid, inode
_ANSWER = struct.Struct("=BBBB" "2s2s16s16sI8x" "IIIII")


@dataclasses.dataclass(frozen=True, order=True)
class Address:
    """An IP address and port. IPv4 in IPv6 is shown as IPv4, the unspecified address of either family as `*`."""

    host: str
    port: int

    def __str__(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclasses.dataclass(frozen=True)
class TcpSocket:
    """One row of the table. `uid` is the user that the socket belongs to; it is 0 for those no program has accepted yet."""

    state: str
    local: Address
    remote: Address
    uid: int
    inode: int


def read(namespace):
    """All listening and established TCP sockets of `namespace` (a netns.Namespace), both families."""
    with namespace.entered():
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    with netlink:
        netlink.settimeout(ANSWER_TIMEOUT_S)
        return [found for family in (socket.AF_INET, socket.AF_INET6) for found in _read_family(netlink, family)]


def _read_family(netlink, family):
    for _ in range(DUMP_ATTEMPTS):
        request = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, ALL_STATES)
        header = _HEADER.pack(_HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 1, 0)
        netlink.sendto(header + request, (0, 0))
        sockets, interrupted = _receive_dump(netlink)
        if not interrupted:
            return sockets
    raise OSError(errno.EINTR, f"the socket table kept changing while it was read, {DUMP_ATTEMPTS} times in a row")


def _receive_dump(netlink):
    sockets, interrupted = [], False
    while True:
        data, offset = netlink.recv(1 << 18), 0
        while offset < len(data):
            length, kind, flags, _, _ = _HEADER.unpack_from(data, offset)
            body = data[offset + _HEADER.size:offset + length]
            interrupted = interrupted or bool(flags & NLM_F_DUMP_INTR)
            if kind == NLMSG_DONE:
                return sockets, interrupted
            if kind == NLMSG_ERROR:
                code = -struct.unpack_from("=i", body)[0]
                # A kernel without IPv6 has no table for it, which is as good as an empty one.
                if code == errno.ENOENT:
                    return [], False
                raise OSError(code, f"sock_diag: {os.strerror(code)}")
            sockets.append(_decode(body))
            offset += (length + 3) & ~3


def _decode(body):
    (family, state, _, _, local_port, remote_port, local, remote, _, _, _, _, uid, inode) = _ANSWER.unpack_from(body)
    return TcpSocket(STATE_NAMES[state], _address(family, local, local_port), _address(family, remote, remote_port), uid,
                     inode)


def _address(family, host, port):
    parsed = ipaddress.ip_address(host[:4] if family == socket.AF_INET else host)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return Address("*" if mapped.is_unspecified else str(mapped), int.from_bytes(port, "big"))

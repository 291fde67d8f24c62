# SPDX-License-Identifier: Apache-2.0
"""A pod with Istio's rules and the proxy beside its application, and another machine.

    with Rig(binary) as rig:
        rig.start_proxy()
        server = rig.listen(rig.pod)                       # an application in the pod
        client = rig.dial(rig.remote, rig.pod.ipv4, port)   # passes the proxy: inbound
"""

import pathlib
import shutil
import socket
import struct
import tempfile

from tests.integration.datapath import pod_config
from tests.integration.datapath.proxy import Proxy
from tests.integration.support import netns

PROXY_UID = 1337
# What Istio's injector passes to its init container when nothing is configured.
ISTIO_ARGUMENTS = ["-p", "15001", "-z", "15006", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"]
# Not redirected, so a connection to it shows what the kernel does without a proxy.
DIRECT_PORT = 15020
SOCKET_TIMEOUT_S = 30.0
BACKLOG = 1024


class Rig:
    """Everything is removed by close(), and the proxy's exit status checked."""

    def __init__(self, binary, uid=PROXY_UID, rules_for=None, clients=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-datapath-"))
        self.folder.chmod(0o777)
        self.uid = uid
        self.proxies = []
        self.sockets = []
        # The proxy's uid may not be allowed into the folder that the program is in.
        self.binary = self.folder / "outrigger"
        shutil.copyfile(binary, self.binary)
        self.binary.chmod(0o755)
        self.lab = netns.Lab()
        try:
            self.pod = self.lab.pod("pod", ["10.66.0.20/24", "fd66::20/64"])
            others = [f"10.66.0.{30 + i}/24" for i in range(clients)]
            self.remote = self.lab.pod("remote", [*others, "fd66::30/64"])
            if rules_for is not False:
                self.put_rules_in(rules_for or uid)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def put_rules_in(self, uid):
        self.pod.run([self.binary, "iptables", *ISTIO_ARGUMENTS, "--dual-stack", "-u", uid, "-g", uid])

    def start_proxy(self, config=None, arguments=(), namespace=None, **options):
        """A proxy that is ready, by default in the pod with a sidecar's configuration."""
        return self.launch_proxy(config, arguments, namespace, **options).wait_ready()

    def launch_proxy(self, config=None, arguments=(), namespace=None, **options):
        """The same, just started."""
        made = Proxy(self.binary, namespace or self.pod, self.folder, config or pod_config.sidecar(self.folder), self.uid,
                     arguments, **options)
        self.proxies.append(made)
        return made

    def listen(self, namespace, port=0, host=None, backlog=BACKLOG):
        """A listening socket of an application in `namespace`, on its address only (as a StatefulSet's server may)."""
        host = host or namespace.ipv4
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with namespace.entered():
            made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(backlog)
        made.settimeout(SOCKET_TIMEOUT_S)
        self.sockets.append(made)
        return made

    def dial(self, namespace, host, port, timeout_s=SOCKET_TIMEOUT_S):
        """A connection that a program in `namespace` makes."""
        made = self.unconnected(namespace, host)
        made.settimeout(timeout_s)
        made.connect((host, port))
        return made

    def unconnected(self, namespace, host):
        with namespace.entered():
            made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        self.sockets.append(made)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def pair(self, dialer, server, listener=None, host=None):
        """Both ends of a connection from `dialer` to an application in `server`."""
        own = listener or self.listen(server, host=host)
        client = self.dial(dialer, *own.getsockname()[:2])
        accepted = self.accept(own)
        if listener is None:
            own.close()
        return client, accepted

    def dial_to_end(self, namespace, host, port):
        """Dials, and returns what receive_to_end does. The reset may be there before connect has returned."""
        try:
            return receive_to_end(self.dial(namespace, host, port))
        except ConnectionResetError:
            return b"", "RST"

    def accept(self, listener):
        accepted, _ = listener.accept()
        accepted.settimeout(SOCKET_TIMEOUT_S)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sockets.append(accepted)
        return accepted

    def close(self, check=True):
        for opened in self.sockets:
            opened.close()
        try:
            for proxy in self.proxies:
                if check and proxy.returncode is None:
                    proxy.stop()
                proxy.kill()
        finally:
            self.lab.close()
            shutil.rmtree(self.folder)


def reset_on_close(connection):
    """The next close sends RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def abort(connection):
    reset_on_close(connection)
    connection.close()


def receive_exactly(connection, count):
    data = bytearray()
    while len(data) < count:
        more = connection.recv(min(count - len(data), 1 << 18))
        assert more, f"the connection ended after {len(data)} of {count} bytes"
        data += more
    return bytes(data)


def receive_to_end(connection):
    """All that comes, and how it ends: "FIN" or "RST"."""
    data = bytearray()
    while True:
        try:
            more = connection.recv(1 << 18)
        except ConnectionResetError:
            return bytes(data), "RST"
        if not more:
            return bytes(data), "FIN"
        data += more


def ping(client, server):
    """A byte each way: the session is established end to end."""
    for sender, receiver in ((client, server), (server, client)):
        sender.sendall(b"p")
        assert receive_exactly(receiver, 1) == b"p"

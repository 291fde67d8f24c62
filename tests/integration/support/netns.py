# SPDX-License-Identifier: Apache-2.0
"""Network namespaces for tests and demos: pods on a bridge, commands in them as any uid and gid.

    with Lab() as lab:
        server = lab.pod("server", ["10.77.0.20/24", "fd77::20/64"])
        server.run(["ip", "addr"], uid=1337, gid=1337)

All namespaces of a lab have its prefix, which holds the process id, so labs of several processes do not meet. What a lab has
made and started is removed by close(): at the end of the `with` block, at exit, and on SIGTERM and SIGHUP. What a killed
process left behind is removed by the next lab with the default prefix.
"""

import atexit
import contextlib
import ctypes
import itertools
import os
import re
import signal
import subprocess
import threading

NAME_PREFIX = "outrigger-test"
KILL_AFTER_S = 3.0
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_labs = []
_counter = itertools.count()


def _ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30)


def names():
    """The names of all namespaces that `ip netns` knows."""
    listed = _ip("netns", "list").stdout
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def _remove_leftovers():
    """Removes the namespaces of processes that are gone. Only names with our prefix and a process id are touched."""
    for name in names():
        match = re.fullmatch(rf"{NAME_PREFIX}-(\d+)-.*", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            delete(name)


def delete(name):
    """Removes the namespace that `ip netns` knows as `name`; fine when there is none."""
    subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _enter(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """One network namespace with lo up. Made by Lab.namespace and Lab.pod; `eth0` exists in pods only."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.full_name = f"{lab.prefix}-{name}"
        self.path = f"/run/netns/{self.full_name}"
        self.addresses = []
        _ip("netns", "add", self.full_name)
        _ip("-n", self.full_name, "link", "set", "lo", "up")

    def ip(self, *words):
        """`ip WORDS` in this namespace."""
        return _ip("-n", self.full_name, *words)

    def sysctl(self, key, value):
        """Sets a net.* sysctl of this namespace only."""
        with self.entered(), open("/proc/sys/" + key.replace(".", "/"), "w", encoding="ascii") as file:
            file.write(str(value))

    def add_address(self, address, device="eth0"):
        """Adds `address` ("10.0.0.1/24", "fd00::1/64"). IPv6 without duplicate detection: usable at once."""
        nodad = ["nodad"] if ":" in address else []
        self.ip("address", "add", address, "dev", device, *nodad)
        self.addresses.append(address)

    @property
    def ipv4(self):
        return next(a.split("/")[0] for a in self.addresses if ":" not in a)

    @property
    def ipv6(self):
        return next(a.split("/")[0] for a in self.addresses if ":" in a)

    def command(self, argv, uid=None, gid=None):
        """The command line that runs `argv` here. The process that starts is `argv` itself: no wrapper stays behind.

        `ip netns exec` also puts the files of /etc/netns/<full_name> over those of /etc.
        """
        words = ["ip", "netns", "exec", self.full_name]
        if uid is not None or gid is not None:
            words += ["setpriv", "--reuid", str(uid or 0), "--regid", str(gid or 0), "--clear-groups"]
        return words + [str(word) for word in argv]

    def run(self, argv, uid=None, gid=None, check=True, timeout=60, **options):
        """subprocess.run in this namespace, text captured. With check a failure raises and shows stderr."""
        options.setdefault("capture_output", "stdout" not in options)
        options.setdefault("text", True)
        done = subprocess.run(self.command(argv, uid, gid), check=False, timeout=timeout, **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {argv} exited with {done.returncode}: {done.stderr or done.stdout}")
        return done

    def popen(self, argv, uid=None, gid=None, **options):
        """subprocess.Popen in this namespace, in a session of its own; ended with the lab if it still runs then."""
        options.setdefault("start_new_session", True)
        process = subprocess.Popen(self.command(argv, uid, gid), **options)
        self.lab.processes.append(process)
        return process

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in this namespace inside the block: sockets made there stay in it."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(self.path, "rb") as there:
            _enter(there.fileno())
            try:
                yield self
            finally:
                _enter(home.fileno())

    def delete(self):
        delete(self.full_name)


class Lab:
    """Namespaces joined by a bridge that stands in a namespace of its own, so nothing of the host is touched.

    `bridge_addresses` are given to the bridge, and the pods get default routes to them. A `prefix` of one's own gives
    stable names, for a lab that is to outlive the process (see keep).
    """

    def __init__(self, prefix=None, bridge_addresses=()):
        if prefix is None:
            _remove_leftovers()
            prefix = f"{NAME_PREFIX}-{os.getpid()}-{next(_counter)}"
        self.prefix = prefix
        self.bridge_addresses = list(bridge_addresses)
        self.namespaces = []
        self.processes = []
        self.bridge = None
        self._ports = itertools.count()
        _register(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def namespace(self, name):
        """A namespace with nothing but lo."""
        made = Namespace(self, name)
        self.namespaces.append(made)
        return made

    def pod(self, name, addresses=()):
        """A namespace whose eth0 is joined to the bridge and has `addresses`."""
        bridge = self._bridge()
        made = self.namespace(name)
        port = f"port{next(self._ports)}"
        bridge.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", made.full_name)
        bridge.ip("link", "set", port, "master", "br0", "up")
        made.ip("link", "set", "eth0", "up")
        for address in addresses:
            made.add_address(address)
        families = {":" in address for address in addresses}
        for gateway in self.bridge_addresses:
            if (":" in gateway) in families:
                made.ip("route", "add", "default", "via", gateway.split("/")[0])
        return made

    def keep(self):
        """Leaves everything where it is: namespaces, processes, and the caller's word to remove them."""
        if self in _labs:
            _labs.remove(self)
        self.namespaces, self.processes = [], []

    def close(self):
        """Ends the processes started here, then removes the namespaces. Safe to call twice."""
        if self in _labs:
            _labs.remove(self)
        for process in self.processes:
            _signal_group(process, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(KILL_AFTER_S)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait(KILL_AFTER_S)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe:
                    pipe.close()
        for made in self.namespaces:
            made.delete()
        self.namespaces, self.processes, self.bridge = [], [], None

    def _bridge(self):
        if self.bridge is None:
            self.bridge = self.namespace("bridge")
            self.bridge.ip("link", "add", "br0", "type", "bridge", "forward_delay", "0")
            self.bridge.ip("link", "set", "br0", "up")
            for address in self.bridge_addresses:
                self.bridge.add_address(address, "br0")
        return self.bridge


def _signal_group(process, number):
    """Signals the session that popen made for `process`. Nothing happens once it has been waited for."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def close_all():
    for lab in list(_labs):
        lab.close()


def _on_signal(number, _frame):
    close_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _register(lab):
    _labs.append(lab)
    if len(_labs) > 1 or threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _on_signal)


atexit.register(close_all)

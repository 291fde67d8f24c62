# SPDX-License-Identifier: Apache-2.0
"""The pods with all that runs in them: interception rules, outrigger beside each application, and ZooKeeper."""

import os
import pathlib
import shutil
import signal

from tests.integration.zookeeper.ensemble import Ensemble
from tests.integration.zookeeper.pods import Node, repository

PROXY_UID = 1337
OUTBOUND_PORT, INBOUND_PORT, ADMIN_PORT = 15001, 15006, 15000
# What Istio's injector passes to its init container when nothing is configured.
ISTIO_ARGUMENTS = ["-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*",
                   "-d", "15090,15021,15020"]
EXAMPLES = repository() / "config" / "examples"
BEFORE_1_10 = EXAMPLES / "istio-pod-before-1.10.yaml"
FROM_1_10 = EXAMPLES / "istio-pod.yaml"
# What outrigger checks a configuration against, looked for beside the program.
API_DESCRIPTORS = "envoy_api.desc"
READY_DEADLINE_S = 30.0
END_DEADLINE_S = 10.0
REPEAT_SIGNAL_S = 0.1


def binary_path():
    """The program under test: $OUTRIGGER_BINARY, or what `./dev build` makes."""
    return pathlib.Path(os.environ.get("OUTRIGGER_BINARY") or repository() / "build" / "release" / "outrigger").absolute()


class Sidecar:
    """Outrigger in one pod, as uid and gid 1337. Access log lines are in a file of their own."""

    def __init__(self, stage, pod):
        self.pod = pod
        self.process = None
        self._stage = stage
        self._access_log = f"access-{pod.name}.log"

    def start(self, configuration):
        self.process = self.pod.start(f"outrigger-{self.pod.name}",
                                      [self._stage.binary, "run", "-c", self._stage.readable_copy(configuration)],
                                      uid=PROXY_UID, gid=PROXY_UID, output=self._access_log)

    def is_ready(self):
        if self.process.returncode is not None:
            raise AssertionError(f"{self.process.name} ended with {self.process.returncode} while it started:\n"
                                 f"{self.process.tail()}")
        return all(self.pod.listens(port, PROXY_UID) for port in (OUTBOUND_PORT, INBOUND_PORT))

    def kill(self):
        """SIGKILL: no time to drain anything."""
        self.process.kill()

    def stop_at_once(self):
        """SIGTERM until it has ended. The first one lets it wait for the application, the second does not."""
        def ended():
            self.process.send(signal.SIGTERM)
            return self.process.returncode is not None
        self.pod.node.wait_until(ended, f"{self.process.name} to end after SIGTERM", END_DEADLINE_S, REPEAT_SIGNAL_S)

    def access_log(self):
        path = self.pod.node.logs / self._access_log
        return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


class Stage:
    """A Node with outrigger from `binary` and an Ensemble. Nothing runs yet; closing it removes everything."""

    def __init__(self, binary, interrupts=None):
        if not binary.is_file():
            raise FileNotFoundError(f"no outrigger at {binary}: './dev build' makes it, OUTRIGGER_BINARY names another one")
        self.node = Node(interrupts)
        try:
            # The proxy's uid may not be allowed into the folder that this clone is in.
            self.binary = self.readable_copy(binary)
            descriptors = binary.parent / API_DESCRIPTORS
            if descriptors.exists():
                self.readable_copy(descriptors)
            self.sidecars = [Sidecar(self, pod) for pod in self.node.pods]
            self.ensemble = Ensemble(self.node)
        except BaseException:
            self.node.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.node.__exit__(*error)

    def readable_copy(self, path):
        """A copy of a file that every uid can read and run."""
        folder = self.node.ledger.files / "bin"
        folder.mkdir(exist_ok=True)
        copy = folder / path.name
        if not copy.exists():
            shutil.copyfile(path, copy)
            copy.chmod(0o755)
        return copy

    def put_rules_in(self):
        for pod in self.node.pods:
            pod.namespace.run([self.binary, "iptables", *ISTIO_ARGUMENTS])

    def sidecar_of(self, member):
        return next(sidecar for sidecar in self.sidecars if sidecar.pod is member.pod)

    def start_sidecars(self, configuration, sidecars=None):
        chosen = self.sidecars if sidecars is None else sidecars
        for sidecar in chosen:
            sidecar.start(configuration)
        self.node.wait_until(lambda: all(sidecar.is_ready() for sidecar in chosen),
                             f"outrigger to listen on {OUTBOUND_PORT} and {INBOUND_PORT} in every pod", READY_DEADLINE_S)

    def stop_sidecars(self):
        for sidecar in self.sidecars:
            sidecar.process.send(signal.SIGTERM)
        for sidecar in self.sidecars:
            sidecar.stop_at_once()

    def show_logs(self, write, lines=15):
        """The end of every program's log, each under its name."""
        for log in sorted(self.node.logs.iterdir()):
            text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            write(f"--- {log.name}")
            for line in text:
                write(f"    {line}")

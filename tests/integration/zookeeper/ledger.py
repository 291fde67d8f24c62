# SPDX-License-Identifier: Apache-2.0
"""What a run has made, written down outside of it, so that another process can remove it all after a SIGKILL or --keep.

A run has one folder in ROOT: `owner` (process id and start time), `processes` (the same for each one started), `files` (the
run's folder for logs and data) and `kept` when it is meant to stay. Process ids come again, so none counts, and none is
killed, unless its start time is the one written down.
"""

import contextlib
import fcntl
import os
import pathlib
import secrets
import shutil
import signal
import tempfile

from tests.integration.support import netns
from tests.integration.support.waiting import wait_until

# On the same footing as /run/netns: both are gone after a restart of the machine.
ROOT = pathlib.Path("/run/outrigger-demo")
NAME_PREFIX = "outrigger-demo"
NETNS_FILES = pathlib.Path("/etc/netns")
UNNAMED = ".unnamed"
KILL_DEADLINE_S = 10.0


def start_time(pid):
    """When process `pid` started, in clock ticks since boot; None when there is no such process, or only its zombie."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


@contextlib.contextmanager
def locked():
    """One run at a time makes or removes what lies outside of its own folders. Not to be nested."""
    ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(ROOT, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _alive(line):
    pid, started = line.split()[:2]
    return start_time(pid) == int(started)


class Ledger:
    """One run's entry. `files` is its folder for logs and data, which programs of any uid may enter."""

    def __init__(self, token, folder):
        self.token = token
        self.folder = folder
        self.files = pathlib.Path((folder / "files").read_text(encoding="utf-8"))

    @classmethod
    def create(cls):
        """A new run, owned by this process."""
        token = secrets.token_hex(2)
        files = tempfile.mkdtemp(prefix=f"{NAME_PREFIX}-{token}-")
        os.chmod(files, 0o755)
        with locked():
            # Complete before it gets its name: an entry without an owner would belong to nobody.
            shutil.rmtree(ROOT / UNNAMED, ignore_errors=True)
            (ROOT / UNNAMED).mkdir()
            (ROOT / UNNAMED / "owner").write_text(f"{os.getpid()} {start_time(os.getpid())}\n", encoding="utf-8")
            (ROOT / UNNAMED / "processes").touch()
            (ROOT / UNNAMED / "files").write_text(files, encoding="utf-8")
            (ROOT / UNNAMED).rename(ROOT / token)
        return cls(token, ROOT / token)

    @property
    def prefix(self):
        """What the names of this run's network namespaces begin with."""
        return f"{NAME_PREFIX}-{self.token}"

    @property
    def kept(self):
        return (self.folder / "kept").exists()

    def owner_is_gone(self):
        return not _alive((self.folder / "owner").read_text(encoding="utf-8"))

    def note_process(self, pid, name):
        with open(self.folder / "processes", "a", encoding="utf-8") as file:
            file.write(f"{pid} {start_time(pid)} {name}\n")

    def keep(self):
        (self.folder / "kept").touch()

    def clear(self, keep_logs=False):
        """Kills the processes, removes the namespaces and their files in /etc/netns, then the entry itself."""
        with locked():
            self._clear(keep_logs)

    def _clear(self, keep_logs=False):
        self._kill_processes()
        for name in netns.names():
            if name.startswith(self.prefix + "-"):
                netns.delete(name)
        for etc in NETNS_FILES.glob(self.prefix + "-*"):
            shutil.rmtree(etc)
        with contextlib.suppress(OSError):
            NETNS_FILES.rmdir()
        if keep_logs:
            shutil.rmtree(self.files / "data", ignore_errors=True)
        else:
            shutil.rmtree(self.files, ignore_errors=True)
        shutil.rmtree(self.folder)

    def _kill_processes(self):
        lines = [line for line in (self.folder / "processes").read_text(encoding="utf-8").splitlines()
                 if line.split()[1] != "None"]
        for line in filter(_alive, lines):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)
        wait_until(lambda: not any(map(_alive, lines)), "killed processes to end", KILL_DEADLINE_S)


def runs():
    """The entries of all runs on this machine."""
    if not ROOT.is_dir():
        return []
    return [Ledger(folder.name, folder) for folder in sorted(ROOT.iterdir()) if folder.name != UNNAMED]


def clear_leftovers():
    """Removes what runs left behind that were killed. Returns how many."""
    with locked():
        dead = [run for run in runs() if not run.kept and run.owner_is_gone()]
        for run in dead:
            run._clear()
    return len(dead)

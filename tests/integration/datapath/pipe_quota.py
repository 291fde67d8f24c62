# SPDX-License-Identifier: Apache-2.0
"""Uses up what the kernel lets one user have in pipes, as all sidecars of a node together may do."""

import subprocess
import sys

# F_SETPIPE_SZ fails once the user's soft quota is used up; pipes then still come, but with two pages instead of sixteen.
_HOLD = """
import fcntl, os, sys
held = []
def take():
    held.append(os.pipe())
    return held[-1][1]
try:
    while True:
        fcntl.fcntl(take(), fcntl.F_SETPIPE_SZ, 1 << 20)
except PermissionError:
    pass
while fcntl.fcntl(take(), fcntl.F_GETPIPE_SZ) == 1 << 16:
    pass
print("held", flush=True)
sys.stdin.read()
"""


class PipeQuotaHolder:
    """Inside the block no process of `uid` gets a pipe of a useful size."""

    def __init__(self, uid):
        self._uid = uid
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(
            ["setpriv", "--reuid", str(self._uid), "--regid", str(self._uid), "--clear-groups", sys.executable, "-c", _HOLD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "held\n"
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

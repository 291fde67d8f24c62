# SPDX-License-Identifier: Apache-2.0
"""A pod to try `outrigger iptables` in: running it, and reading what the kernel holds."""

import pathlib

from tests.golden.iptables.golden import parse_save
from tests.integration.support.netns import Lab

# What Istio's injection passes.
INJECTED = ["-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*",
            "-d", "15090,15021,15020"]
PROXY_UID = 1337
APP_UID = 1000
BACK_ENDS = ("nft", "legacy")
PROGRAMS = {(back_end, family): f"{'ip6tables' if family == 'v6' else 'iptables'}-{back_end}"
            for back_end in BACK_ENDS for family in ("v4", "v6")}


class Rig:
    """One pod with an IPv4 and an IPv6 address and a peer beside it."""

    def __init__(self, binary, ipv6=True):
        self.binary = binary
        self.lab = Lab(bridge_addresses=["10.77.0.1/24", "fd77::1/64"])
        self.pod = self.lab.pod("pod", ["10.77.0.20/24"] + (["fd77::20/64"] if ipv6 else []))
        self.peer = self.lab.pod("peer", ["10.77.0.30/24", "fd77::30/64"])

    def close(self):
        self.lab.close()

    def iptables(self, *args, env=None, **options):
        """`outrigger iptables ARGS`; the result, whatever its exit status."""
        # By env(1): a PATH without `ip` is for the program only.
        variables = [f"{name}={value}" for name, value in (env or {}).items()]
        return self.pod.run(["/usr/bin/env", *variables, self.binary, "iptables", *args], check=False, **options)

    def apply(self, *args, **options):
        """The same, and it must succeed."""
        done = self.iptables(*args, **options)
        assert done.returncode == 0, done.stderr
        return done

    def rules(self, back_end, family="v4"):
        """{table: {chain: [rule]}} without empty tables."""
        return parse_save(self.pod.run([f"{PROGRAMS[back_end, family]}-save"]).stdout)

    def everything(self):
        """The rules of both families and back ends, and the addresses of lo."""
        found = {key: self.rules(*key) for key in PROGRAMS}
        found["lo"] = [word for word in self.pod.ip("-o", "address", "show", "dev", "lo").stdout.split() if "/" in word]
        return found

    def counters(self, back_end, family):
        """`*-save -c`: packet counts start again from 0 for a rule that is replaced."""
        shown = self.pod.run([f"{PROGRAMS[back_end, family]}-save", "-c"]).stdout
        return [line for line in shown.splitlines() if line.startswith("[")]

    def load(self, back_end, family, text):
        self.pod.run([f"{PROGRAMS[back_end, family]}-restore", "--noflush"], input=text)


def write_program(folder, name, text):
    """An executable script called `name`, to stand before or in place of a real program in PATH."""
    path = pathlib.Path(folder) / name
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o755)


def link_programs(folder, names):
    """A folder of links to the real programs, for a PATH that has these and no others."""
    for name in names:
        (pathlib.Path(folder) / name).symlink_to(f"/usr/sbin/{name}")

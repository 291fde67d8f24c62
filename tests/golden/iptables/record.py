#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Records the rules that Istio's own `pilot-agent istio-iptables` makes, as golden expectations for ours.

    sudo python3 -m tests.golden.iptables.record PILOT_AGENT [--output FILE]

Every case of cases.py runs in a network and mount namespace of its own that ends with it, once with each back end forced.
Needs root, iptables in both variants, iproute2 and unshare. Run it from the repository's root.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from tests.golden.iptables import golden
from tests.golden.iptables.cases import all_cases

TIMEOUT_S = 60
# Runs as root of a fresh namespace: $1 back end, $2 addresses, $3 resolv.conf or nothing, $4 folder of results, then the call.
SCRIPT = r"""
set -eu
back_end=$1 addresses=$2 resolv=$3 out=$4; shift 4
ip link set lo up
for address in $addresses; do ip address add "$address" dev lo; done
if [ -n "$resolv" ]; then mount --bind "$resolv" /etc/resolv.conf; fi
status=0
env "$@" >"$out/log" 2>&1 || status=$?
echo $status >"$out/exit"
"iptables-$back_end-save" >"$out/v4"
"ip6tables-$back_end-save" >"$out/v6"
ip -o -6 address show dev lo to ::6/128 >"$out/lo"
"""


def record(program, case, back_end, folder):
    """Runs the words of `program` with the case's arguments in namespaces of their own; returns what is there then."""
    resolv = ""
    if "resolv" in case:
        resolv = str(folder / "resolv.conf")
        pathlib.Path(resolv).write_text(case["resolv"], encoding="utf-8")
    variables = [f"{name}={value}" for name, value in case["env"].items()]
    call = [*variables, *program, *case["args"], "--force-iptables-binary", back_end]
    subprocess.run(["unshare", "--net", "--mount", "sh", "-c", SCRIPT, "record", back_end, " ".join(case["addresses"]), resolv,
                    str(folder), "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *call], check=True, timeout=TIMEOUT_S)
    status = int((folder / "exit").read_text())
    return {"exit": status, "v4": golden.parse_save((folder / "v4").read_text()),
            "v6": golden.parse_save((folder / "v6").read_text()), "lo": bool((folder / "lo").read_text().strip())}


def versions(pilot_agent):
    def first_line(*argv):
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip().splitlines()[0]

    shown = first_line(pilot_agent, "version")
    return {"pilot-agent": re.search(r'Version:"([^"]*)"', shown)[1], "nft": first_line("iptables-nft", "--version"),
            "legacy": first_line("iptables-legacy", "--version")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("pilot_agent", help="path to Istio's pilot-agent")
    parser.add_argument("--output", type=pathlib.Path, default=golden.PATH)
    options = parser.parse_args()

    program = [options.pilot_agent, "istio-iptables"]
    cases = all_cases()
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases, 1):
            case["results"] = {back_end: record(program, case, back_end, pathlib.Path(folder))
                               for back_end in golden.BACK_ENDS}
            if sys.stderr.isatty():
                print(f"\r{number}/{len(cases)}", end="", file=sys.stderr)
    golden.write(versions(options.pilot_agent), cases, options.output)
    failed = sum(result["exit"] != 0 for case in cases for result in case["results"].values())
    print(f"{len(cases)} cases, {failed} calls failed, {options.output.stat().st_size} bytes in {options.output}")


if __name__ == "__main__":
    main()

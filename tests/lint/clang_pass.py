#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang over the tree with the compile commands of a build: clang_pass.py {tidy,thread-safety} [FILE...].

thread-safety: the second compiler, which checks the lock annotations of proxy/base/mutex.h. tidy: clang-tidy with .clang-tidy.
A header in FILE stands for every source that lies beside it under the same name. Without FILE: all of ours, those first that were
changed last. With --seconds no new file is begun after that time, and what was not reached is counted.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OURS = re.compile(r"^(benchmarks|config|iptables|proxy|tests|xds)/.*\.cc$")
# Options of g++ that clang does not know, and what names outputs.
NOT_FOR_CLANG = re.compile(r"^-Wno-(maybe-uninitialized|stringop-overflow|array-bounds)$|^-fno-gnu-unique$")


def sources(build, wanted):
    """Compile command of each source of ours, by its path below the root."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    stems = {os.path.splitext(name)[0] for name in wanted}
    chosen = {}
    for entry in entries:
        path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT)
        if OURS.match(path) and (not stems or os.path.splitext(path)[0] in stems):
            chosen[path] = entry
    return chosen


def thread_safety_command(entry):
    words = shlex.split(entry["command"])
    while not re.search(r"(\+\+|clang|gcc|g\+\+)[-0-9]*$", words[0]):
        words.pop(0)  # ccache
    kept, skip = [], False
    for word in words[1:]:
        if skip or word in ("-o", "-c"):
            skip = word == "-o"
        elif not NOT_FOR_CLANG.match(word):
            kept.append(word)
    # -Wconversion of g++ leaves signs alone.
    return ["clang++-14", *kept, "-fsyntax-only", "-Wthread-safety", "-Wno-sign-conversion", "-Werror"]


def tidy_command(build, entry):
    return ["clang-tidy-14", "-p", build, "--quiet", entry["file"]]


def newest_first(paths):
    """Files in the order of their last change in git; files that git does not know come first."""
    log = subprocess.run(["git", "log", "--format=", "--name-only"], cwd=ROOT, capture_output=True, text=True, check=False)
    order = {path: number for number, path in reversed(list(enumerate(log.stdout.splitlines(), 1)))}
    return sorted(paths, key=lambda path: order.get(path, 0))


def run(command, directory, deadline):
    """Exit code and findings; no exit code if the time is over."""
    if time.monotonic() > deadline:
        return None, ""
    # clang-tidy counts suppressed warnings on stderr; what it finds is on stdout.
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + (done.stderr if done.returncode else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["tidy", "thread-safety"])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    chosen = sources(options.build, options.files)
    start, failed, skipped = time.monotonic(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {}
        for path in newest_first(chosen):
            entry = chosen[path]
            command = tidy_command(options.build, entry) if options.kind == "tidy" else thread_safety_command(entry)
            jobs[pool.submit(run, command, entry["directory"], start + options.seconds)] = path
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            code, output = job.result()
            if code is None:
                skipped += 1
                continue
            failed += code != 0
            print(f"[{number}/{len(jobs)} {time.monotonic() - start:.0f}s] {jobs[job]}" + (" FAILED" if code else ""), flush=True)
            if code:
                print(output, flush=True)
    not_reached = f", {skipped} not reached in {options.seconds:.0f} s" if skipped else ""
    print(f"{options.kind}: {len(chosen)} files, {failed} with findings{not_reached}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

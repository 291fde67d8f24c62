#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The story of story.py, live, on this machine. As root; leaves nothing behind but what --keep asks for."""

import argparse
import contextlib
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3]))

from tests.integration.zookeeper import ensemble, ledger, narrator, stage, story  # noqa: E402
from tests.integration.zookeeper.ensemble import CLIENT_PORT  # noqa: E402
from tests.integration.zookeeper.pods import Interrupted, Interrupts, member_name, repository  # noqa: E402

ACT_ONE = "Act one, before Istio 1.10: inbound connections go to loopback"
ACT_TWO = "Act two, from Istio 1.10 on: inbound connections go to the pod's address, from 127.0.0.6"


def _arguments():
    parser = argparse.ArgumentParser(
        description="Three real ZooKeeper servers behind outrigger, as before Istio 1.10 and as since.")
    parser.add_argument("--keep", action="store_true", help="leave the pods up and print how to look around in them")
    parser.add_argument("--down", action="store_true", help="remove what --keep left up, and nothing else")
    parser.add_argument("--binary", type=pathlib.Path, default=stage.binary_path(), help="outrigger (default: %(default)s)")
    parser.add_argument("--before", type=pathlib.Path, default=stage.BEFORE_1_10, metavar="FILE",
                        help="its configuration for act one (default: %(default)s)")
    parser.add_argument("--after", type=pathlib.Path, default=stage.FROM_1_10, metavar="FILE",
                        help="its configuration for act two (default: %(default)s)")
    return parser.parse_args()


def _take_down():
    kept = [run for run in ledger.runs() if run.kept]
    for run in kept:
        run.clear()
    removed = ledger.clear_leftovers()
    print(f"Removed the pods of {len(kept) + removed} earlier runs.")


def _act(tell, name, act):
    tell.title(name)
    begin, name = tell.elapsed(), name.partition(":")[0]
    try:
        result = act()
    except (Interrupted, BrokenPipeError):
        raise
    except Exception as error:
        tell.verdict(False, f"{name}, after {tell.elapsed() - begin:.1f} s: {error}")
        raise
    tell.verdict(True, f"{name}, in {tell.elapsed() - begin:.1f} s")
    return result


def _show(scene, tell, arguments):
    told = story.Story(scene, tell, arguments.before, arguments.after)
    kept = sum(1 for run in ledger.runs() if run.kept)
    if kept:
        tell.say(f"the pods of {kept} earlier runs with --keep are still up beside these; --down removes them")

    def from_nothing():
        told.set_up()
        told.act_one()

    _act(tell, ACT_ONE, from_nothing)
    return _act(tell, ACT_TWO, told.act_two)


def _ask(host, port, request):
    """A command that needs nothing but bash."""
    return f"""bash -c 'exec 3<>/dev/tcp/{host}/{port}; printf "{request}\\r\\n\\r\\n" >&3; cat <&3'"""


def _print_how_to_look_around(scene, tell):
    pod, sleep = scene.node.members[0].namespace.full_name, scene.node.sleep.namespace.full_name
    tell.title("The pods stay up. To look around:")
    tell.table(["what", "command"], [
        ["names of the pods", f"ip netns list | grep {scene.node.ledger.prefix}"],
        ["a shell in one", f"ip netns exec {pod} bash"],
        ["sockets", f"ip netns exec {pod} ss -tnp"],
        ["rules", f"ip netns exec {pod} iptables -t nat -S"],
        ["outrigger's sessions", f"ip netns exec {pod} {_ask('127.0.0.1', stage.ADMIN_PORT, 'GET /connections HTTP/1.0')}"],
        ["ask ZooKeeper", f"ip netns exec {sleep} {_ask(member_name(0), CLIENT_PORT, 'srvr')}"],
        ["a ZooKeeper shell", f"ip netns exec {sleep} /usr/share/zookeeper/bin/zkCli.sh -server {member_name(0)}:2181"],
        ["logs", f"ls {scene.node.logs}"],
        ["remove it all", f"{repository()}/dev demo --down"],
    ])


def _fail(scene, tell, error):
    with contextlib.suppress(OSError):
        scene.show_logs(tell.plain)
    tell.plain("")
    tell.plain(f"The story went wrong ({str(error).splitlines()[0]}); whole logs are in {scene.node.logs}.")
    return 1


def _perform(scene, tell, arguments):
    try:
        result = _show(scene, tell, arguments)
    except (Interrupted, BrokenPipeError):
        raise
    except Exception as error:  # Whatever it was, the logs tell more than a stack trace.
        # Control-C reaches the programs that the demo is waiting for, too.
        scene.node.interrupts.check()
        scene.node.failed = True
        return _fail(scene, tell, error)
    if arguments.keep:
        scene.node.keep()
        _print_how_to_look_around(scene, tell)
    tell.plain("")
    tell.plain("With inbound connections sent to loopback the three ZooKeeper servers never met; sent to the pod's address "
               f"they elected {result.first_leader} in {result.formed_s:.1f} s, survived its death with a pause of "
               f"{result.gap_s:.1f} s, and lost none of {result.writes} writes.")
    return 0


def main():
    arguments = _arguments()
    problem = "the demo makes network namespaces: run it as root" if os.geteuid() != 0 else ensemble.missing_packages()
    if problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    if arguments.down:
        _take_down()
        return 0
    interrupts = Interrupts()
    interrupts.install()
    try:
        tell = narrator.Narrator(sys.stdout)
        with stage.Stage(arguments.binary.absolute(), interrupts) as scene:
            return _perform(scene, tell, arguments)
    except Interrupted as interrupted:
        with contextlib.suppress(OSError):
            print(f"\nInterrupted by {interrupted}; everything was removed.", flush=True)
        return 128 + signal.Signals[str(interrupted)]
    except BrokenPipeError:
        # Nobody reads any more; Python would complain once again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except FileNotFoundError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

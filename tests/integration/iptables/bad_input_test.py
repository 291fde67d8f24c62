# SPDX-License-Identifier: Apache-2.0
"""Mistakes and machines that lack something: exit status 1, a sentence that names the thing, and nothing changed."""

import pytest

from tests.integration.iptables.rig import INJECTED, Rig, link_programs

DUAL = [*INJECTED, "--dual-stack"]
EARLIER = ["-u", "1337", "-i", "10.0.0.0/8", "-b", "80"]

MISTAKES = {
    "unknown flag": (["--no-such-flag"], {}, "--no-such-flag"),
    "unknown short flag": (["-w", "1"], {}, "-w"),
    "stray word": (["stray"], {}, "stray"),
    "flag without value": (["-b"], {}, "--istio-inbound-ports"),
    "switch with a strange value": (["--dual-stack=maybe"], {}, "dual-stack"),
    "port above 65535": (["-b", "80,65536"], {}, '"65536" is not a port'),
    "negative port": (["-o", "-1"], {}, '"-1" is not a port'),
    "port that is a word": (["-q", "http"], {}, '"http" is not a port'),
    "port range backwards": (["-b", "90:80"], {}, '"90:80" is not a port'),
    "star among ports": (["-b", "*,80"], {}, '"*" is not a port'),
    "excluded port": (["-d", "15090;15021"], {}, '"15090;15021" is not a port'),
    "redirect to port 0": (["-z", "0"], {}, '"0" is not a port from 1'),
    "redirect to no port": (["-p", ""], {}, '"" is not a port from 1'),
    "range without length": (["-i", "10.0.0.1"], {}, '"10.0.0.1" is not an address range'),
    "range too long": (["-x", "10.0.0.0/33"], {}, '"10.0.0.0/33" is not an address range'),
    "range with a blank": (["-i", "10.0.0.0/8, 10.1.0.0/16"], {}, '" 10.1.0.0/16" is not an address range'),
    "IPv4 in IPv6": (["-i", "::ffff:10.0.0.0/104"], {}, "is not an address range"),
    "star excluded": (["-x", "*"], {}, '-x (--istio-service-exclude-cidr): "*"'),
    "star excluded by environment": ([], {"ISTIO_SERVICE_EXCLUDE_CIDR": "*"}, 'ISTIO_SERVICE_EXCLUDE_CIDR: "*"'),
    "unknown user": (["-u", "nobody-has-this-name"], {}, '"nobody-has-this-name" is not an id'),
    "user id too large": (["-u", "4294967295"], {}, '"4294967295" is not an id'),
    "nobody is exempt": (["-u", ","], {}, "names nobody"),
    "interface name too long": (["-c", "an-interface-of-20-x"], {}, "is not an interface name"),
    "interface with a newline": (["-k", "eth1\n-A OUTPUT"], {}, "is not an interface name"),
    "70 owner groups": ([], {"ISTIO_OUTBOUND_OWNER_GROUPS": ",".join(map(str, range(70)))}, "has 70 items, at most 64"),
    "loopback range elsewhere": ([], {"ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR": "10.0.0.0/8"}, "is not an IPv4 loopback range"),
    "loopback range too wide": ([], {"ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR": "127.0.0.0/7"}, "is not an IPv4 loopback range"),
    "TPROXY": (["-m", "TPROXY"], {}, "TPROXY is not supported"),
    "TPROXY by environment": ([], {"ISTIO_INBOUND_INTERCEPTION_MODE": "TPROXY"}, "TPROXY is not supported"),
    "native nftables": (["--native-nftables"], {}, "--native-nftables is not supported"),
    "unknown back end": (["--force-iptables-binary", "bpf"], {}, '"bpf" is not legacy or nft'),
    "probe port": (["--iptables-probe-port", "70000"], {}, '"70000" is not a port'),
    "probe timeout": (["--probe-timeout", "5"], {}, '"5" is not a duration'),
    "namespace that is not there": (["--network-namespace", "/run/netns/no-such"], {}, "/run/netns/no-such"),
}


@pytest.fixture(name="shared_rig", scope="module", params=[[], EARLIER], ids=["fresh", "rules there"])
def fixture_shared_rig(readable_binary, request):
    """One pod for all mistakes, since none of them may change it, and what it holds."""
    made = Rig(readable_binary)
    if request.param:
        made.apply(*request.param)
    yield made, made.everything()
    made.close()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_and_nothing_changes(shared_rig, name):
    rig, before = shared_rig
    args, env, sentence = MISTAKES[name]

    done = rig.iptables(*INJECTED[:4], *args, env=env)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.startswith("outrigger iptables: ") and done.stderr.count("\n") == 1
    assert rig.everything() == before


def _links(folder, *tools):
    link_programs(folder, [f"{tool}{part}" for tool in tools for part in ("-save", "-restore")])
    return {"PATH": str(folder)}


@pytest.mark.parametrize("args, tools, sentence", [
    (INJECTED, [], "neither iptables-nft-save nor iptables-legacy-save nor iptables-save is in PATH; install iptables"),
    (DUAL, ["iptables-nft"], "ip6tables-nft-save"),
    (DUAL, ["ip6tables-nft"], "install iptables"),
    ([*INJECTED, "--force-iptables-binary", "legacy"], ["iptables-nft"], "iptables-legacy-save"),
], ids=["no programs", "no ip6tables", "no iptables", "no legacy"])
def test_a_missing_program_is_named(rig, tmp_path, args, tools, sentence):
    before = rig.everything()

    done = rig.iptables(*args, env=_links(tmp_path, *tools))

    assert done.returncode == 1
    assert sentence in done.stderr
    assert rig.everything() == before


def test_without_ipv6_no_ip6tables_is_needed(rig, tmp_path):
    rig.apply(*INJECTED, env=_links(tmp_path, "iptables-nft"))

    assert "ISTIO_OUTPUT" in rig.rules("nft")["nat"]


@pytest.mark.parametrize("back_end", ["nft", "legacy"])
def test_a_user_without_rights_is_told_what_is_missing(rig, back_end):
    before = rig.everything()

    done = rig.iptables(*INJECTED, "--force-iptables-binary", back_end, uid=1337, gid=1337)

    assert done.returncode == 1
    assert "NET_ADMIN" in done.stderr
    assert rig.everything() == before


def test_ipv6_switched_off_on_lo_is_named_with_the_remedy(rig):
    rig.pod.sysctl("net.ipv6.conf.lo.disable_ipv6", 1)
    before = rig.everything()

    done = rig.iptables(*DUAL)

    assert done.returncode == 1
    assert "::6" in done.stderr and "net.ipv6.conf.lo.disable_ipv6" in done.stderr
    assert rig.everything() == before


def test_a_pod_without_address_is_named(rig):
    rig.pod.ip("address", "flush", "dev", "eth0")
    before = rig.everything()

    done = rig.iptables(*INJECTED)

    assert done.returncode == 1
    assert "no interface has an address" in done.stderr
    assert rig.everything() == before


def test_the_inbound_source_address_goes_again_when_loading_fails(rig, tmp_path):
    before = rig.everything()
    (tmp_path / "iptables-nft-restore").write_text("#!/bin/sh\ncase \"$*\" in *--test*) exit 0;; esac\nexit 4\n")
    (tmp_path / "iptables-nft-restore").chmod(0o755)

    assert rig.iptables(*DUAL, env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin"}).returncode == 1

    assert rig.everything() == before

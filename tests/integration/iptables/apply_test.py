# SPDX-License-Identifier: Apache-2.0
"""Loading, replacing and removing rules: convergence, all-or-nothing, the choice of the back end."""

import socket

import pytest

from tests.integration.iptables.rig import BACK_ENDS, INJECTED, PROGRAMS, link_programs, write_program

DUAL = [*INJECTED, "--dual-stack"]
FOREIGN = """*nat
:OTHERS - [0:0]
-A PREROUTING -i eth9 -p udp -j OTHERS
-A OUTPUT -d 192.0.2.1/32 -m comment --comment "of someone else" -j OTHERS
-A OTHERS -j RETURN
COMMIT
"""
# Stands before the real program: fails when it loads rules for real, not when it only checks them.
FAIL_WHEN_LOADING = """case "$*" in *--test*) exit 0;; esac
echo "the kernel said no" >&2
exit 4
"""


def _ours(tables):
    return {chain for chains in tables.values() for chain in chains if chain.startswith("ISTIO_")}


def _dial_loopback(rig):
    """One connection attempt, so that the counters of some rules are not zero."""
    with rig.pod.entered(), socket.socket() as client:
        client.connect_ex(("127.0.0.1", 9))


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_a_second_run_changes_nothing(rig, back_end):
    rig.apply(*DUAL, "--force-iptables-binary", back_end)
    _dial_loopback(rig)
    before = (rig.everything(), rig.counters(back_end, "v4"), rig.counters(back_end, "v6"))
    assert any(not line.startswith("[0:0]") for line in before[1])

    done = rig.apply(*DUAL, "--force-iptables-binary", back_end)

    assert (rig.everything(), rig.counters(back_end, "v4"), rig.counters(back_end, "v6")) == before
    assert "nothing changed" in done.stderr


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_force_apply_loads_the_same_rules_again(rig, back_end):
    rig.apply(*DUAL, "--force-iptables-binary", back_end)
    _dial_loopback(rig)
    before = rig.everything()

    rig.apply(*DUAL, "--force-iptables-binary", back_end, "--force-apply")

    assert rig.everything() == before
    chains_of_ours = [line for line in rig.counters(back_end, "v4") if "-A ISTIO_" in line]
    assert chains_of_ours and all(line.startswith("[0:0]") for line in chains_of_ours)


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("first", [
    ["-u", "0", "-g", "7", "-i", "10.0.0.0/8", "-b", "80,443", "-o", "25"],
    [*DUAL, "-c", "net1,net2", "-k", "eth1,eth2", "--drop-invalid"],
    [*DUAL, "-i", "10.0.0.0/8,fd00::/8", "-k", "eth1"],
    [*INJECTED, "-b", ""],
])
def test_other_flags_replace_the_rules(rig, back_end, first):
    forced = ["--force-iptables-binary", back_end]
    rig.apply(*DUAL, *forced)
    expected = rig.everything()
    rig.apply("--cleanup-only", *forced)
    rig.apply(*first, *forced)

    rig.apply(*DUAL, *forced)

    assert rig.everything() == expected


def test_rules_for_ipv6_go_when_it_is_no_longer_wanted(rig):
    rig.apply(*DUAL)
    assert _ours(rig.rules("nft", "v6"))

    rig.apply(*INJECTED)

    assert not rig.rules("nft", "v6")
    assert _ours(rig.rules("nft", "v4"))


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_rules_of_others_stay_where_they_are(rig, back_end):
    rig.load(back_end, "v4", FOREIGN)
    before = rig.rules(back_end)

    rig.apply(*DUAL, "-k", "eth1", "-c", "net1", "--force-iptables-binary", back_end)
    rig.apply(*DUAL, "--force-iptables-binary", back_end)
    rules = rig.rules(back_end)["nat"]
    assert rules["PREROUTING"] == ["-i eth9 -p udp -j OTHERS", "-p tcp -j ISTIO_INBOUND"]
    assert rules["OTHERS"] == ["-j RETURN"]

    rig.apply("--cleanup-only")
    assert rig.rules(back_end) == before


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("reconcile", [[], ["--reconcile"]])
def test_a_half_there_state_is_repaired(rig, back_end, reconcile):
    forced = ["--force-iptables-binary", back_end]
    rig.apply(*DUAL, *forced)
    expected = rig.everything()
    rig.load(back_end, "v4", "*nat\n-D ISTIO_OUTPUT 1\n-A ISTIO_INBOUND -j ACCEPT\n:ISTIO_LEFT_OVER - [0:0]\nCOMMIT\n")
    rig.load(back_end, "v6", "*nat\n-D OUTPUT -j ISTIO_OUTPUT\nCOMMIT\n")
    rig.load(back_end, "v4", "*raw\n:ISTIO_OUTPUT_DNS - [0:0]\n-A OUTPUT -j ISTIO_OUTPUT_DNS\nCOMMIT\n")

    rig.apply(*DUAL, *forced, *reconcile)

    assert rig.everything() == expected


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_cleanup_removes_all_of_ours(rig, back_end):
    before = rig.everything()
    rig.apply(*DUAL, "-c", "net1", "-k", "eth1", "--drop-invalid", "--force-iptables-binary", back_end)

    rig.apply("--cleanup-only")

    assert rig.everything() == before


def test_cleanup_knows_lone_rules_by_the_flags(rig):
    before = rig.everything()
    flags = ["-u", "1337", "-b", "*", "-k", "eth1"]
    rig.apply(*flags)
    assert "-i eth1 -j RETURN" in rig.rules("nft")["nat"]["PREROUTING"]

    rig.apply(*flags, "--cleanup-only")

    assert rig.everything() == before


def test_cleanup_where_nothing_is_succeeds(rig):
    before = rig.everything()

    rig.apply("--cleanup-only")

    assert rig.everything() == before


def test_the_back_end_is_nft_when_there_are_no_rules(rig):
    rig.apply(*DUAL)

    assert _ours(rig.rules("nft")) and _ours(rig.rules("nft", "v6"))
    assert not rig.rules("legacy") and not rig.rules("legacy", "v6")


def test_rules_of_others_do_not_decide_the_back_end(rig):
    rig.load("legacy", "v4", FOREIGN)
    before = rig.rules("legacy")

    rig.apply(*DUAL)

    assert _ours(rig.rules("nft"))
    assert rig.rules("legacy") == before


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_the_back_end_is_the_one_with_our_chains(rig, back_end):
    rig.apply(*INJECTED, "--force-iptables-binary", back_end)

    rig.apply(*DUAL, "-o", "25")

    other = "legacy" if back_end == "nft" else "nft"
    assert "-p tcp -m tcp --dport 25 -j RETURN" in rig.rules(back_end)["nat"]["ISTIO_OUTPUT"]
    assert _ours(rig.rules(back_end, "v6"))
    assert not rig.rules(other) and not rig.rules(other, "v6")


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_forcing_the_other_back_end_moves_the_rules(rig, back_end):
    other = "legacy" if back_end == "nft" else "nft"
    rig.apply(*DUAL, "--force-iptables-binary", other)

    rig.apply(*DUAL, "--force-iptables-binary", back_end)

    assert _ours(rig.rules(back_end)) and _ours(rig.rules(back_end, "v6"))
    assert not rig.rules(other) and not rig.rules(other, "v6")


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("first", [[], [*INJECTED, "-o", "25", "-c", "net1", "-k", "eth1"]])
def test_a_failure_in_a_later_family_takes_back_the_earlier_one(rig, tmp_path, back_end, first):
    forced = ["--force-iptables-binary", back_end]
    if first:
        rig.apply(*first, *forced)
    before = rig.everything()
    write_program(tmp_path, f"{PROGRAMS[back_end, 'v6']}-restore", FAIL_WHEN_LOADING)

    done = rig.iptables(*DUAL, "--drop-invalid", *forced, env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"})

    assert done.returncode == 1
    assert "the kernel said no" in done.stderr and "IPv6" in done.stderr and "nothing was changed" in done.stderr
    assert rig.everything() == before


def test_rules_of_others_are_where_they_were_after_a_failure(rig, tmp_path):
    rig.load("nft", "v4", FOREIGN)
    rig.apply(*INJECTED, "-k", "eth1")
    rig.load("nft", "v4", "*nat\n-A PREROUTING -p udp -m udp --dport 1 -j OTHERS\nCOMMIT\n")
    before = rig.everything()
    write_program(tmp_path, "ip6tables-nft-restore", FAIL_WHEN_LOADING)

    assert rig.iptables(*DUAL, env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"}).returncode == 1

    assert rig.everything() == before


def test_rules_that_do_not_arrive_are_noticed_and_taken_back(rig, tmp_path):
    before = rig.everything()
    # Says it succeeded and loads all rules but one.
    write_program(tmp_path, "iptables-nft-restore",
                  'case "$*" in *--test*) exit 0;; esac\nsed "/--dport 15090/d" | /usr/sbin/iptables-nft-restore "$@"\n')

    done = rig.iptables(*DUAL, env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"})

    assert done.returncode == 1
    assert "ISTIO_INBOUND" in done.stderr and "--dport 15090" in done.stderr
    assert rig.everything() == before


def test_plain_programs_serve_when_there_are_no_suffixed_ones(rig, tmp_path):
    link_programs(tmp_path, [f"{name}{part}" for name in ("iptables", "ip6tables") for part in ("-save", "-restore")])

    rig.apply(*DUAL, env={"PATH": str(tmp_path)})

    assert _ours(rig.rules("nft")) and _ours(rig.rules("nft", "v6"))


def test_legacy_serves_when_it_is_all_there_is(rig, tmp_path):
    link_programs(tmp_path, [f"{name}-legacy{part}" for name in ("iptables", "ip6tables") for part in ("-save", "-restore")])

    rig.apply(*DUAL, env={"PATH": str(tmp_path)})

    assert _ours(rig.rules("legacy")) and _ours(rig.rules("legacy", "v6"))


def test_dry_run_prints_what_would_be_loaded_and_loads_nothing(rig):
    before = rig.everything()

    shown = rig.apply(*DUAL, "--drop-invalid", "-k", "eth1", "--dry-run").stdout

    assert rig.everything() == before
    rig.apply(*DUAL, "--drop-invalid", "-k", "eth1")
    expected = rig.everything()
    rig.apply("--cleanup-only")
    ipv4, ipv6 = shown.split("# IPv6")
    rig.load("nft", "v4", ipv4)
    rig.load("nft", "v6", "# IPv6" + ipv6)
    rig.pod.ip("address", "add", "::6/128", "dev", "lo")
    assert rig.everything() == expected


def test_dns_capture_is_left_out_of_every_rule_with_a_warning(rig):
    rig.apply(*DUAL)
    expected = rig.everything()
    rig.apply("--cleanup-only")

    done = rig.apply(*DUAL, "--redirect-dns", "--capture-all-dns")

    assert rig.everything() == expected
    assert "DNS capture is not supported" in done.stderr


def test_the_inbound_source_address_is_there_with_ipv6_only(rig):
    rig.apply(*INJECTED)
    assert "::6/128" not in rig.everything()["lo"]

    rig.apply(*DUAL)

    assert "::6/128" in rig.everything()["lo"]


def test_another_network_namespace_by_its_path(rig):
    done = rig.peer.run([rig.binary, "iptables", *DUAL, "--network-namespace", rig.pod.path])

    assert done.returncode == 0
    assert _ours(rig.rules("nft"))
    assert "ISTIO" not in rig.peer.run(["iptables-nft-save"]).stdout


def test_skip_rule_apply_touches_nothing(rig):
    before = rig.everything()

    rig.apply(*DUAL, "--skip-rule-apply")

    assert rig.everything() == before

# SPDX-License-Identifier: Apache-2.0
"""The calls of `istio-iptables` whose rules are recorded: each option alone, all pairs of values, and the environment forms.

A case is a name, command line words, environment variables, the addresses that the network namespace has, and the content of
/etc/resolv.conf where that matters.
"""

import itertools

IPV4 = ["10.7.7.1/32"]
IPV6 = ["fd77::7/128"]
DUAL = IPV4 + IPV6

# What the injection template passes by default.
INJECTED = {"-p": "15001", "-z": "15006", "-u": "1337", "-m": "REDIRECT", "-i": "*", "-x": "", "-b": "*",
            "-d": "15090,15021,15020"}

RESOLV_V4 = "nameserver 10.96.0.10\nnameserver 10.96.0.11\nsearch default.svc.cluster.local\noptions ndots:5\n"
RESOLV_V6 = "nameserver fd96::a\n"
RESOLV_BOTH = "# written by the kubelet\nnameserver 10.96.0.10\nnameserver fd96::a\n"

# Option -> its values. None is "not given". Names without a dash are environment variables.
VALUES = {
    "-p": [None, "15011"],
    "-z": [None, "16006"],
    "-e": [None, "16008"],
    "-u": [None, "0", "1337,1338", "2000"],
    "-g": [None, "1338", "1337,1001"],
    "-m": [None, "REDIRECT", "TPROXY"],
    "-b": [None, "", "*", "8080,9090", "8080"],
    "-d": [None, "", "15090,15021,15020", "22"],
    "-i": [None, "", "*", "10.0.0.0/8,172.16.5.1/12", "10.0.0.0/8,fd00::/8", "127.0.0.0/8,10.96.0.0/12", "fd00:1::1/32",
           "0.0.0.0/0", "::1/128,10.0.0.0/8"],
    "-x": [None, "", "10.1.0.0/16", "10.1.2.3/16,fd01::1/32,169.254.169.254/32"],
    "-q": [None, "", "80,443"],
    "-o": [None, "", "3306,53", "27017"],
    "-k": [None, "eth1", "eth1,eth2"],
    "-c": [None, "net1", "net1,net2"],
    "-t": [None, "1000"],
    "-r": [None, "200"],
    "--drop-invalid": [None, True],
    "--redirect-dns": [None, True],
    "--capture-all-dns": [None, True],
    "--dual-stack": [None, True],
    "ISTIO_OUTBOUND_OWNER_GROUPS": [None, "*", "", "1001", "1001,1002", "daemon"],
    "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE": [None, "", "888", "888,daemon"],
    "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR": [None, "127.0.0.0/8", "127.1.2.3/16"],
}

ADDRESSES = {"v4": IPV4, "v6": IPV6, "dual": DUAL}

# Values that the pairs leave out: they change nothing that another value does not.
_PAIRS_WITHOUT = {"-t", "-r"}


def _split(assignment):
    """An assignment of options as command line words and environment."""
    args, env = [], {}
    for option, value in assignment.items():
        if value is None:
            continue
        if not option.startswith("-"):
            env[option] = value
        elif value is True:
            args.append(option)
        else:
            args += [option, value]
    return args, env


def _case(name, assignment, where, resolv=RESOLV_V4, env=None):
    args, own_env = _split(assignment)
    case = {"name": name, "args": args, "env": {**own_env, **(env or {})}, "addresses": ADDRESSES[where]}
    if assignment.get("--redirect-dns") or "DNS" in str(env):
        case["resolv"] = resolv
    return case


def _each_alone():
    for where in ADDRESSES:
        yield _case(f"nothing given, {where}", {}, where)
        yield _case(f"injected, {where}", INJECTED, where)
    for option, values in VALUES.items():
        for value in values[1:]:
            shown = option if value is True else f"{option} {value!r}"
            yield _case(f"{shown} alone", {option: value}, "v4")
            yield _case(f"{shown} on the injected ones, v4", {**INJECTED, option: value}, "v4")
            yield _case(f"{shown} on the injected ones, dual", {**INJECTED, "--dual-stack": True, option: value}, "dual")
            yield _case(f"{shown} on the injected ones, v6", {**INJECTED, option: value}, "v6")
    for option in ("-t", "-r"):
        yield _case(f"{option} with TPROXY", {**INJECTED, "-m": "TPROXY", option: "1000"}, "v4")


def _dns():
    on = {**INJECTED, "--redirect-dns": True}
    for where, resolv in (("v4", RESOLV_V4), ("v4", RESOLV_V6), ("dual", RESOLV_BOTH), ("dual", RESOLV_V6),
                          ("v6", RESOLV_BOTH), ("v4", "search nowhere\n")):
        for both in (None, True):
            assignment = {**on, "--dual-stack": True if where == "dual" else None, "-u": "1337,0", "--capture-all-dns": both}
            servers = resolv.count("nameserver")
            yield _case(f"dns, {where}, {servers} servers, v6 {'fd96' in resolv}, all {both}", assignment, where, resolv)


def _environment():
    """The same settings by environment, the aliases, and who wins."""
    names = {"-z": "INBOUND_CAPTURE_PORT", "-e": "INBOUND_TUNNEL_PORT", "-u": "PROXY_UID", "-g": "PROXY_GID",
             "-m": "ISTIO_INBOUND_INTERCEPTION_MODE", "-b": "ISTIO_INBOUND_PORTS", "-d": "ISTIO_LOCAL_EXCLUDE_PORTS",
             "-c": "ISTIO_EXCLUDE_INTERFACES", "-i": "ISTIO_SERVICE_CIDR", "-x": "ISTIO_SERVICE_EXCLUDE_CIDR",
             "-q": "ISTIO_OUTBOUND_PORTS", "-o": "ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE", "-k": "KUBE_VIRT_INTERFACES",
             "-t": "ISTIO_INBOUND_TPROXY_MARK", "--drop-invalid": "DROP_INVALID", "--dual-stack": "DUAL_STACK",
             "--redirect-dns": "REDIRECT_DNS", "--capture-all-dns": "CAPTURE_ALL_DNS"}
    for option, name in names.items():
        value = VALUES[option][-1]
        text = "true" if value is True else value
        other = INJECTED.get(option, VALUES[option][1])
        yield _case(f"{name} from the environment", {}, "dual", env={name: text})
        if value is not True and other != value:
            yield _case(f"{option} beats {name}", {option: other}, "v4", env={name: text})
    yield _case("-p has no environment form", {}, "v4", env={"ENVOY_PORT": "15011"})
    for name, alias in (("DROP_INVALID", "INVALID_DROP"), ("DUAL_STACK", "ISTIO_DUAL_STACK"),
                        ("REDIRECT_DNS", "ISTIO_META_DNS_CAPTURE")):
        yield _case(f"{alias} is {name}", {}, "dual", env={alias: "1"})
        yield _case(f"{alias} false beats {name}", {}, "dual", env={alias: "false", name: "true"})
        yield _case(f"{alias} empty beats {name}", {}, "dual", env={alias: "", name: "true"})
        yield _case(f"{name} that is no boolean is false", {}, "dual", env={name: "yes"})
    yield _case("a flag beats the alias", {"--dual-stack=false": True}, "dual", env={"ISTIO_DUAL_STACK": "true"})
    yield _case("ENVOY_USER names the proxy's user", {}, "v4", env={"ENVOY_USER": "daemon"})
    yield _case("ENVOY_USER is unknown", {}, "v4", env={"ENVOY_USER": "nobody-has-this-name"})
    yield _case("an empty proxy uid is the default one", {"-u": ""}, "v4", env={"PROXY_UID": "4711"})
    yield _case("empty items are skipped", {**INJECTED, "-b": ",8080,,9090,", "-i": "10.0.0.0/8,,", "-o": ",25,"}, "v4")
    yield _case("users and groups by name", {**INJECTED, "-u": "daemon", "-g": "nogroup"}, "v4")
    yield _case("port ranges", {**INJECTED, "-b": "8000:8100", "-o": "3000:3010"}, "v4")
    yield _case("interface patterns", {**INJECTED, "-c": "eth+", "-k": "tap+"}, "v4")
    yield _case("long names", {"--envoy-port": "15011", "--inbound-capture-port": "15016", "--proxy-uid": "7",
                               "--istio-service-cidr": "*", "--istio-inbound-ports": "*"}, "v4")
    yield _case("a mode that is neither", {**INJECTED, "-m": "NONE"}, "v4")


def _pairs():
    """A covering array: every pair of values of two options occurs in some case. Greedy, and the same in every run."""
    options = [option for option in VALUES if option not in _PAIRS_WITHOUT] + ["addresses"]
    values = {option: VALUES.get(option, list(ADDRESSES)) for option in options}
    missing = {((a, i), (b, j)) for a, b in itertools.combinations(options, 2)
               for i in range(len(values[a])) for j in range(len(values[b]))}
    number = 0
    while missing:
        chosen = dict(min(missing))
        for option in options:
            if option not in chosen:
                chosen[option] = max(range(len(values[option])),
                                     key=lambda i, o=option: (_covered(missing, options, chosen, o, i), -i))
        missing -= {((a, chosen[a]), (b, chosen[b])) for a, b in itertools.combinations(options, 2)}
        assignment = {option: values[option][chosen[option]] for option in options}
        where = assignment.pop("addresses")
        number += 1
        yield _case(f"pairs {number}", assignment, where, RESOLV_BOTH if number % 2 else RESOLV_V4)


def _covered(missing, options, chosen, option, value):
    count = 0
    for other, other_value in chosen.items():
        pair = ((option, value), (other, other_value))
        if options.index(option) > options.index(other):
            pair = (pair[1], pair[0])
        count += pair in missing
    return count


def all_cases():
    seen, result = set(), []
    for case in itertools.chain(_each_alone(), _dns(), _environment(), _pairs()):
        key = repr({k: v for k, v in case.items() if k != "name"})
        if key not in seen:
            seen.add(key)
            result.append(case)
    return result

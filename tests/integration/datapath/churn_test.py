# SPDX-License-Identifier: Apache-2.0
"""A minute of short connections to one application port: more of them than there are ports, and none may fail.

The proxy dials each from 127.0.0.6, whose ports the kernel gives out again one second after a connection (decided by
net.ipv4.tcp_tw_reuse = 2, the default, for loopback addresses). ::6 has no such luck: its ports come back after a minute, so the
rate over IPv6 stays below what the ports allow.
"""

import pytest

from tests.integration.datapath import churn
from tests.integration.datapath.child import Child
from tests.integration.datapath.rig import Rig

SECONDS = 60
FIRST_PORT = 32_000
PORTS = 28_000
IPV4_RATE = 700
IPV4_ROUNDS = 1.2
IPV6_RATE = 400
THREADS = 16
CLIENT_ADDRESSES = 3


@pytest.mark.deadline(300)
def test_churn_to_one_port_never_fails(outrigger_binary, load_scale):
    ports, seconds = int(PORTS * load_scale), SECONDS * load_scale
    with Rig(outrigger_binary, clients=CLIENT_ADDRESSES) as rig:
        proxy = rig.start_proxy(arguments=["--concurrency", "2"])
        rig.pod.sysctl("net.ipv4.ip_local_port_range", f"{FIRST_PORT} {FIRST_PORT + ports - 1}")
        # The table of connections belongs to the whole machine: ours shall not fill it.
        rig.pod.sysctl("net.netfilter.nf_conntrack_tcp_timeout_time_wait", 5)
        listeners = [rig.listen(rig.pod, host=host) for host in (rig.pod.ipv4, rig.pod.ipv6)]
        ipv4, ipv6 = (listener.getsockname()[:2] for listener in listeners)
        sources = [address.split("/")[0] for address in rig.remote.addresses]
        loads = [
            churn.Load(rig.remote, sources[:-1], ipv4, IPV4_RATE, seconds, int(ports * IPV4_ROUNDS), THREADS),
            churn.Load(rig.remote, sources[-1:], ipv6, IPV6_RATE, seconds, 0, THREADS),
        ]

        with Child(churn.serve, listeners, THREADS), Child(churn.churn, loads[0]) as over_ipv4, \
                Child(churn.churn, loads[1]) as over_ipv6:
            results = [over_ipv4.result(), over_ipv6.result()]
        proxy.wait_no_sessions()
        stats = proxy.stats()

    assert [result.failures for result in results] == [[], []]
    made = [result.made for result in results]
    assert made[0] >= ports * IPV4_ROUNDS
    assert made[1] >= IPV6_RATE * seconds * 0.99
    assert stats["cluster.InboundPassthroughCluster.upstream_cx_total"] == sum(made)
    assert stats["cluster.InboundPassthroughCluster.bind_errors"] == 0
    assert stats["cluster.InboundPassthroughCluster.upstream_cx_connect_fail"] == 0

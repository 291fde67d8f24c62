# SPDX-License-Identifier: Apache-2.0
"""What users see of the traffic: statistics, /connections, access log lines."""

import json
import re
import threading

from tests.integration.datapath import pod_config
from tests.integration.datapath.rig import Rig, ping, receive_exactly, receive_to_end
from tests.integration.support.waiting import wait_until

REQUEST, ANSWER = b"q" * 731, b"a" * 3578
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# Istio's default line for TCP, in the order of its operators; what HTTP alone knows is a dash.
ISTIO_LINE = re.compile(
    rf'\[{TIME}\] "- - -" 0 (?P<flags>\S+) (?P<details>\S+) - "(?P<failure>[^"]*)" (?P<received>\d+) (?P<sent>\d+) '
    r'(?P<duration>\d+) - "-" "-" "-" "-" "(?P<upstream>[^"]*)" (?P<cluster>\S+) (?P<upstream_local>\S+) (?P<local>\S+) '
    r'(?P<peer>\S+) - -')


def answered(rig, dialer, server):
    """One session with REQUEST and ANSWER. Returns (client's address, server's address, server's peer)."""
    client, accepted = rig.pair(dialer, server)
    client.sendall(REQUEST)
    assert receive_exactly(accepted, len(REQUEST)) == REQUEST
    accepted.sendall(ANSWER)
    addresses = [client.getsockname(), accepted.getsockname(), accepted.getpeername()]
    accepted.close()
    assert receive_to_end(client) == (ANSWER, "FIN")
    client.close()
    return ["{}:{}".format(*address) for address in addresses]


def istio_line(rig, peer):
    """The text access log's line of the session with that peer."""
    path = rig.folder / pod_config.TEXT_LOG

    def find():
        lines = path.read_text().splitlines() if path.exists() else []
        return next((line for line in lines if f" {peer} " in line), None)
    line = wait_until(find, f"a line of {peer} in the access log")
    match = ISTIO_LINE.fullmatch(line)
    assert match, line
    return match.groupdict()


def test_default_line_is_istios(rig, proxy):
    for dialer, server, cluster in ((rig.remote, rig.pod, "InboundPassthroughCluster"),
                                    (rig.pod, rig.remote, "PassthroughCluster")):
        client, destination, upstream_local = answered(rig, dialer, server)
        fields = istio_line(rig, client)
        assert 0 <= int(fields.pop("duration")) < 60_000
        assert fields == {
            "flags": "-", "details": "-", "failure": "-", "received": str(len(REQUEST)), "sent": str(len(ANSWER)),
            "upstream": destination, "cluster": cluster, "upstream_local": upstream_local, "local": destination, "peer": client}
    assert upstream_local.startswith(rig.pod.ipv4 + ":")


def test_default_line_of_a_failure_is_istios(rig, proxy):
    with rig.listen(rig.pod) as taken:
        destination = "{}:{}".format(*taken.getsockname())
    client = rig.unconnected(rig.remote, rig.pod.ipv4)
    client.bind((rig.remote.ipv4, 0))
    peer = "{}:{}".format(*client.getsockname())
    host, port = destination.split(":")
    try:
        client.connect((host, int(port)))
        ended = receive_to_end(client)
    except ConnectionResetError:
        ended = b"", "RST"

    assert ended == (b"", "RST")
    fields = istio_line(rig, peer)
    assert (fields["flags"], fields["failure"]) == ("UF,URX", "delayed_connect_error:_Connection_refused")
    assert (fields["upstream"], fields["upstream_local"], fields["local"]) == (destination, "-", destination)


def test_json_line_has_typed_values(rig, proxy):
    client, destination, upstream_local = answered(rig, rig.remote, rig.pod)
    host, port = client.split(":")
    line = proxy.session_of((host, int(port)))
    assert 0 <= line.pop("duration_ms") < 60_000
    assert line == {
        "reason": "-_downstream/relay", "flags": "-", "details": None, "failure": None, "cluster": "InboundPassthroughCluster",
        "chain": "InboundPassthroughCluster", "received": len(REQUEST), "sent": len(ANSWER), "destination": destination,
        "peer": client, "upstream": destination, "upstream_local": upstream_local}


def prometheus(proxy):
    """{series with labels: value}, and {metric: type}."""
    values, types = {}, {}
    for line in proxy.admin("/stats/prometheus").body.splitlines():
        if line.startswith("# TYPE "):
            _, _, metric, kind = line.split()
            assert metric not in types
            types[metric] = kind
        elif line:
            series, value = line.rsplit(" ", 1)
            assert series not in values
            values[series] = int(value)
    return values, types


def test_prometheus_counts_the_traffic(outrigger_binary):
    with Rig(outrigger_binary) as rig:
        proxy = rig.start_proxy()
        for _ in range(3):
            answered(rig, rig.remote, rig.pod)
        proxy.wait_no_sessions()

        values, types = prometheus(proxy)

        cluster = '{envoy_cluster_name="InboundPassthroughCluster"}'
        prefix = '{envoy_tcp_prefix="InboundPassthroughCluster"}'
        listener = '{envoy_listener_address="0.0.0.0_15006"}'
        expected = {
            f"envoy_cluster_upstream_cx_total{cluster}": 3,
            f"envoy_cluster_upstream_cx_active{cluster}": 0,
            f"envoy_cluster_upstream_cx_tx_bytes_total{cluster}": 3 * len(REQUEST),
            f"envoy_cluster_upstream_cx_rx_bytes_total{cluster}": 3 * len(ANSWER),
            f"envoy_tcp_downstream_cx_total{prefix}": 3,
            f"envoy_tcp_downstream_cx_rx_bytes_total{prefix}": 3 * len(REQUEST),
            f"envoy_tcp_downstream_cx_tx_bytes_total{prefix}": 3 * len(ANSWER),
            f"envoy_listener_downstream_cx_total{listener}": 3,
            f"envoy_listener_downstream_cx_active{listener}": 0,
            "outrigger_sessions_total{}": 3,
        }
        assert {name: values.get(name) for name in expected} == expected
        assert types["envoy_cluster_upstream_cx_total"] == "counter"
        assert types["envoy_cluster_upstream_cx_active"] == "gauge"
        assert all(series.split("{")[0] in types for series in values)


def test_connections_show_who_is_paused_and_what_is_spliced(rig, proxy):
    client, server = rig.pair(rig.remote, rig.pod)
    ping(client, server)
    destination = "{}:{}".format(*server.getsockname())
    block = b"b" * (1 << 20)
    stopped = threading.Event()

    def send():
        server.settimeout(0.2)
        while not stopped.is_set():
            try:
                server.sendall(block)
            except TimeoutError:
                continue
    sender = threading.Thread(target=send)
    sender.start()
    try:
        def row_of(**wanted):
            rows = [row for row in proxy.connections() if row["downstream"] == "{}:{}".format(*client.getsockname())]
            return rows and all(rows[0][name] == value for name, value in wanted.items()) and rows[0]
        for _ in range(64):
            receive_exactly(client, len(block))
        row = wait_until(lambda: row_of(to_downstream="splice", paused="upstream"), "a row of a spliced, paused session")
        text = proxy.admin("/connections").body
    finally:
        stopped.set()
        sender.join()
        client.close()
        server.close()
    assert (row["to_upstream"], row["state"], row["cluster"]) == ("copy", "relay", "InboundPassthroughCluster")
    assert row["original_destination"] == row["upstream"] == destination
    assert row["bytes_received"] == 1 and row["bytes_sent"] > 64 * len(block)
    assert row["upstream_local"].startswith("127.0.0.6:") and row["age_ms"] >= 0
    lines = text.splitlines()
    assert lines[0].split()[:3] == ["ID", "WORKER", "AGE"]
    assert any(row["downstream"] in line and " splice " in line for line in lines)
    assert lines[-1] == "1 connections"


def test_listings_name_what_is_configured(rig, proxy):
    listeners = proxy.admin("/listeners").body.splitlines()
    assert "virtualInbound::0.0.0.0:15006" in listeners and "virtualInbound::[::]:15006" in listeners
    assert "PassthroughCluster::observability_name::PassthroughCluster" in proxy.admin("/clusters").body.splitlines()
    info = json.loads(proxy.admin("/server_info").body)
    assert (info["state"], info["command_line_options"]["concurrency"]) == ("LIVE", 2)
    settings = {setting["flag"]: setting for setting in info["outrigger"]["settings"]}
    assert settings["--concurrency"]["source"] == "flag" and settings["--drain-time-s"]["value"] == "5"
    assert "connection: debug" in proxy.admin("/logging?connection=debug", "POST").body

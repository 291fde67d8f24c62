# SPDX-License-Identifier: Apache-2.0
"""Configurations for the proxy under test: a pod as Istio makes it, and a plain load balancer. JSON is YAML, so they are dicts.

Every listener writes each of its sessions to a JSON log (JSON_LOG), also those that no chain takes; the chains write to a text
log in the default format (TEXT_LOG). Both stand in the folder that the proxy is started with.
"""

OUTBOUND_PORT, INBOUND_PORT, ADMIN_PORT = 15001, 15006, 15000
JSON_LOG, TEXT_LOG = "sessions.json", "access.log"
CONNECT_TIMEOUT = "10s"
_API = "type.googleapis.com/envoy.extensions"

JSON_FIELDS = {
    "reason": "%FILTER_STATE(outrigger.close_reason:PLAIN)%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "cluster": "%UPSTREAM_CLUSTER_RAW%",
    "chain": "%FILTER_CHAIN_NAME%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "duration_ms": "%DURATION%",
    "destination": "%DOWNSTREAM_LOCAL_ADDRESS%",
    "peer": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "upstream": "%UPSTREAM_HOST%",
    "upstream_local": "%UPSTREAM_LOCAL_ADDRESS%",
}


def address(host, port):
    return {"socket_address": {"address": host, "port_value": port}}


def _file_log(path, **options):
    return {"name": "envoy.access_loggers.file",
            "typed_config": {"@type": f"{_API}.access_loggers.file.v3.FileAccessLog", "path": str(path), **options}}


def json_log(folder):
    return _file_log(folder / JSON_LOG, log_format={"json_format": JSON_FIELDS})


def text_log(folder):
    return _file_log(folder / TEXT_LOG)


def chain(folder, cluster, name=None, match=None, **options):
    """A filter chain that gives its connections to `cluster`."""
    proxy = {"@type": f"{_API}.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": cluster, "cluster": cluster,
             "access_log": [text_log(folder)], **options}
    made = {"name": name or cluster, "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}
    if match:
        made["filter_chain_match"] = match
    return made


def virtual_listener(folder, host, port, chains):
    """An outbound listener that is not bound: what goes to host:port is handed to it."""
    return {"name": f"{host}_{port}", "address": address(host, port), "bind_to_port": False,
            "traffic_direction": "OUTBOUND", "access_log": [json_log(folder)], "filter_chains": chains}


def original_dst_cluster(name, **options):
    return {"name": name, "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "connect_timeout": CONNECT_TIMEOUT,
            **options}


def static_cluster(name, endpoints, **options):
    hosts = [{"endpoint": {"address": address(host, port)}} for host, port in endpoints]
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": hosts}]}
    return {"name": name, "type": "STATIC", "connect_timeout": CONNECT_TIMEOUT, "load_assignment": assignment, **options}


def bootstrap(listeners, clusters, admin_port=ADMIN_PORT):
    return {"node": {"id": "sidecar~test", "cluster": "test"}, "admin": {"address": address("127.0.0.1", admin_port)},
            "static_resources": {"listeners": listeners, "clusters": clusters}}


def sidecar(folder, listeners=(), clusters=(), cluster_options=None):
    """A pod's configuration, both address families. `listeners` and `clusters` are added to Istio's own.

    `cluster_options` are for PassthroughCluster, which takes all outbound connections but those of `listeners`.
    """
    def virtual(name, port, direction, chains, **options):
        return {"name": name, "address": address("0.0.0.0", port), "traffic_direction": direction,
                "additional_addresses": [{"address": address("::", port)}], "access_log": [json_log(folder)],
                "filter_chains": chains, **options}

    outbound = virtual("virtualOutbound", OUTBOUND_PORT, "OUTBOUND", [
        chain(folder, "BlackHoleCluster", "virtualOutbound-blackhole", {"destination_port": OUTBOUND_PORT}),
        chain(folder, "PassthroughCluster"),
    ], use_original_dst=True)
    inbound = virtual("virtualInbound", INBOUND_PORT, "INBOUND", [
        chain(folder, "BlackHoleCluster", "virtualInbound-blackhole", {"destination_port": INBOUND_PORT}),
        chain(folder, "InboundPassthroughCluster"),
    ], listener_filters=[{"name": "envoy.filters.listener.original_dst", "typed_config": {
        "@type": f"{_API}.filters.listener.original_dst.v3.OriginalDst"}}])
    from_loopback = {"upstream_bind_config": {
        "source_address": {"address": "127.0.0.6", "port_value": 0},
        "extra_source_addresses": [{"address": {"address": "::6", "port_value": 0}}]}}
    return bootstrap([outbound, *listeners, inbound], [
        static_cluster("BlackHoleCluster", []),
        original_dst_cluster("PassthroughCluster", **(cluster_options or {})),
        original_dst_cluster("InboundPassthroughCluster", **from_loopback),
        *clusters,
    ])


def load_balancer(folder, host, port, endpoints):
    """One listener that is dialled itself, and endpoints behind it."""
    listener = {"name": "front", "address": address(host, port), "access_log": [json_log(folder)],
                "filter_chains": [chain(folder, "back")]}
    return bootstrap([listener], [static_cluster("back", endpoints)])

# SPDX-License-Identifier: Apache-2.0
"""TCP listeners that tell each client how its connection looks from their side, and the client that asks.

    reporter.start(pod, [8080], uid=1000)                     # waits until they listen
    reporter.dial(pod, ("10.77.0.20", 8080), uid=1000)        # {"port": 8080, "peer": [...], "local": [...], "original": [...]}

`original` is what SO_ORIGINAL_DST says, None if it has nothing to say. The programs run by Debian's python3 from a string, so
that any user can run them.
"""

import json

PYTHON = "/usr/bin/python3"

_LISTEN = """
import json, selectors, socket, struct, sys

def original(connection, family):
    level, size = (socket.SOL_IP, 16) if family == socket.AF_INET else (41, 28)
    try:
        raw = connection.getsockopt(level, 80, size)
    except OSError:
        return None
    port = struct.unpack("!H", raw[2:4])[0]
    return [socket.inet_ntop(family, raw[4:8] if family == socket.AF_INET else raw[8:24]), port]

ready = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((any_address, port))
        listener.listen()
        ready.register(listener, selectors.EVENT_READ, (port, family))
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        port, family = key.data
        connection, peer = key.fileobj.accept()
        report = {"port": port, "peer": peer[:2], "local": connection.getsockname()[:2],
                  "original": original(connection, family)}
        connection.sendall(json.dumps(report).encode())
        connection.close()
"""

_DIAL = """
import socket, sys
source, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
client.settimeout(5)
if source:
    client.bind((source, 0))
client.connect((host, port))
sys.stdout.write(client.makefile().read())
"""


def start(namespace, ports, uid=0, gid=0):
    """Listens on all addresses of both families. Ends with the lab."""
    process = namespace.popen([PYTHON, "-c", _LISTEN, *ports], uid=uid, gid=gid, stdout=-1, text=True)
    assert process.stdout.readline() == "ready\n", f"no listener in {namespace.name}"
    return process


def dial(namespace, address, uid=0, gid=0, source=""):
    """Connects as that user, from `source` if given, and returns what the listener reported."""
    done = namespace.run([PYTHON, "-c", _DIAL, source, *address], uid=uid, gid=gid)
    report = json.loads(done.stdout)
    for key in ("peer", "local", "original"):
        report[key] = tuple(report[key]) if report[key] else None
    return report

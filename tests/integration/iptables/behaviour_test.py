# SPDX-License-Identifier: Apache-2.0
"""Where real connections end under the default rules, and what the one who accepts them sees: for both families and back ends.

The proxy's listeners run as its own user, the application's as another. "Where" is the port of the listener that answered.
"""

import dataclasses
import itertools

import pytest

from tests.integration.iptables.rig import APP_UID, BACK_ENDS, INJECTED, PROXY_UID, Rig
from tests.integration.support import reporter

OUTBOUND, INBOUND = 15001, 15006
# Never redirected when they come from outside.
EXEMPT = (15008, 15020, 15021, 15090)
APP_PORT, REMOTE_PORT, PROBE_PORT = 8080, 9000, 15002
APP = {"uid": APP_UID, "gid": APP_UID}
PROXY = {"uid": PROXY_UID, "gid": PROXY_UID}
# A proxy that runs as root because it binds low ports keeps its group.
ROOT_PROXY = {"uid": 0, "gid": PROXY_UID}


@dataclasses.dataclass(frozen=True)
class Addresses:
    """The addresses of one family."""

    pod: str
    remote: str
    loopback: str
    inbound_source: str


IPV4 = Addresses("10.77.0.20", "10.77.0.30", "127.0.0.1", "127.0.0.6")
IPV6 = Addresses("fd77::20", "fd77::30", "::1", "::6")


@pytest.fixture(name="setting", scope="module", params=itertools.product(BACK_ENDS, (IPV4, IPV6)),
                ids=lambda param: f"{param[0]}-{'v6' if param[1] is IPV6 else 'v4'}")
def fixture_setting(readable_binary, request):
    back_end, addresses = request.param
    rig = Rig(readable_binary)
    rig.apply(*INJECTED, "--dual-stack", "--force-iptables-binary", back_end)
    reporter.start(rig.pod, [OUTBOUND, INBOUND, *EXEMPT], **PROXY)
    reporter.start(rig.pod, [APP_PORT], **APP)
    reporter.start(rig.peer, [REMOTE_PORT])
    yield rig, addresses
    rig.close()


def _assert_direct(seen, port, peer, local):
    """Not redirected. A lookup that succeeds all the same must say no more than where the connection went anyway."""
    assert (seen["port"], seen["peer"][0], seen["local"]) == (port, peer, (local, port))
    assert seen["original"] in (None, seen["local"])


def _assert_redirected(seen, port, peer, local, original):
    assert (seen["port"], seen["peer"][0], seen["local"]) == (port, peer, (local, port))
    assert seen["original"] == original != seen["local"]


def test_application_to_remote_goes_to_the_outbound_port(setting):
    rig, at = setting
    seen = reporter.dial(rig.pod, (at.remote, REMOTE_PORT), **APP)
    _assert_redirected(seen, OUTBOUND, at.pod, at.loopback, (at.remote, REMOTE_PORT))


def test_proxy_to_remote_is_direct(setting):
    rig, at = setting
    _assert_direct(reporter.dial(rig.pod, (at.remote, REMOTE_PORT), **PROXY), REMOTE_PORT, at.pod, at.remote)


def test_application_to_its_own_pod_address_is_direct(setting):
    rig, at = setting
    _assert_direct(reporter.dial(rig.pod, (at.pod, APP_PORT), **APP), APP_PORT, at.pod, at.pod)


def test_proxy_to_its_own_pod_address_goes_to_the_inbound_port(setting):
    rig, at = setting
    seen = reporter.dial(rig.pod, (at.pod, APP_PORT), **PROXY)
    _assert_redirected(seen, INBOUND, at.pod, at.loopback, (at.pod, APP_PORT))


def test_proxy_bound_to_the_inbound_source_reaches_the_application(setting):
    rig, at = setting
    seen = reporter.dial(rig.pod, (at.pod, APP_PORT), source=at.inbound_source, **PROXY)
    _assert_direct(seen, APP_PORT, at.inbound_source, at.pod)


def test_remote_to_pod_goes_to_the_inbound_port(setting):
    rig, at = setting
    seen = reporter.dial(rig.peer, (at.pod, APP_PORT))
    _assert_redirected(seen, INBOUND, at.remote, at.pod, (at.pod, APP_PORT))


def test_probe_of_the_validation_goes_to_the_inbound_port(setting):
    rig, at = setting
    seen = reporter.dial(rig.pod, (at.inbound_source, PROBE_PORT), source=at.loopback, **PROXY)
    _assert_redirected(seen, INBOUND, at.loopback, at.loopback, (at.inbound_source, PROBE_PORT))


@pytest.mark.parametrize("who", [APP, PROXY], ids=["application", "proxy"])
def test_loopback_is_direct(setting, who):
    rig, at = setting
    _assert_direct(reporter.dial(rig.pod, (at.loopback, APP_PORT), **who), APP_PORT, at.loopback, at.loopback)


def test_application_to_another_loopback_address_is_direct(setting):
    rig, at = setting
    # IPv6 has but one.
    other = "127.0.0.2" if at is IPV4 else "::1"
    _assert_direct(reporter.dial(rig.pod, (other, APP_PORT), **APP), APP_PORT, at.loopback, other)


@pytest.mark.parametrize("port", EXEMPT)
def test_remote_to_an_exempt_port_is_direct(setting, port):
    rig, at = setting
    _assert_direct(reporter.dial(rig.peer, (at.pod, port)), port, at.remote, at.pod)


def test_remote_to_the_outbound_port_ends_at_the_inbound_port(setting):
    rig, at = setting
    seen = reporter.dial(rig.peer, (at.pod, OUTBOUND))
    _assert_redirected(seen, INBOUND, at.remote, at.pod, (at.pod, OUTBOUND))


def test_remote_to_the_inbound_port_ends_there_and_looks_like_its_own_destination(setting):
    rig, at = setting
    seen = reporter.dial(rig.peer, (at.pod, INBOUND))
    assert (seen["port"], seen["peer"][0], seen["local"]) == (INBOUND, at.remote, (at.pod, INBOUND))
    assert seen["original"] == (at.pod, INBOUND)


def test_root_proxy_to_its_own_pod_address_is_direct(setting):
    # The rule "everybody but uid 1337 is direct on lo" comes before the one for gid 1337.
    rig, at = setting
    _assert_direct(reporter.dial(rig.pod, (at.pod, APP_PORT), **ROOT_PROXY), APP_PORT, at.pod, at.pod)


@pytest.mark.parametrize("who", [ROOT_PROXY, {"uid": PROXY_UID, "gid": APP_UID}, {"uid": APP_UID, "gid": PROXY_UID}],
                         ids=["root proxy", "proxy's user", "proxy's group"])
def test_the_proxys_user_or_group_alone_escapes_capture(setting, who):
    rig, at = setting
    _assert_direct(reporter.dial(rig.pod, (at.remote, REMOTE_PORT), **who), REMOTE_PORT, at.pod, at.remote)

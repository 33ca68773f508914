"""Router advertisements to the kernel's own SLAAC and to real programs, in network namespaces."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scenarios.dhcp.namespaces import Host, cable, hosts
from tests.scenarios.dhcp.server import server

pytestmark = [pytest.mark.needs("root", "netns", "ip")]

CONFIG = """
[dhcp.slaac]
enabled = true
interface = "srv0"
prefix = "2001:db8:1::"
prefix_len = 64
"""


@contextmanager
def link() -> Iterator[tuple[Host, Host]]:
    """A router and a host on one cable; the host's kernel listens to advertisements."""
    with hosts(2) as (router, host):
        cable(router, "srv0", host, "cli0")
        sysctl(host, "net.ipv6.conf.cli0.accept_ra=1", "net.ipv6.conf.cli0.autoconf=1")
        sysctl(router, "net.ipv6.conf.all.forwarding=1")
        router.address("srv0", "2001:db8:1::1/64")
        host.address("cli0")
        yield router, host


def sysctl(host: Host, *settings: str) -> None:
    host.run("sysctl", "-q", "-w", *settings)


def addresses(host: Host) -> str:
    return host.ip("-6", "address", "show", "dev", "cli0", "scope", "global")


def until(shown: Callable[[], str], pattern: str, seconds: float = 15) -> str:
    """What is shown once it matches."""
    end = time.monotonic() + seconds
    while True:
        text = shown()
        if re.search(pattern, text, re.DOTALL):
            return text
        assert time.monotonic() < end, f"no {pattern} in:\n{text}"
        time.sleep(0.1)


def default_route(host: Host) -> str:
    return host.ip("-6", "route", "show", "default", "dev", "cli0")


def test_the_kernel_gets_an_address_and_a_default_route_and_loses_it_at_the_stop(
    tmp_path: Path,
) -> None:
    with link() as (router, host):
        with server(router, tmp_path, CONFIG):
            found = until(lambda: addresses(host), r"2001:db8:1:")
            assert re.search(r"valid_lft 5[34]\d\dsec preferred_lft 2[67]\d\dsec", found)
            until(lambda: default_route(host), r"via fe80:.*proto ra")
        until(lambda: default_route(host) or "none", r"^none$")
        assert "2001:db8:1:" in addresses(host)

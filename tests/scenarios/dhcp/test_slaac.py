"""Router advertisements to the kernel's own SLAAC and to real programs, in network namespaces."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scenarios.dhcp.namespaces import Host, cable, hosts, link_local, until
from tests.scenarios.dhcp.server import PATIENCE_SECONDS, Running, server

pytestmark = [pytest.mark.needs("root", "netns", "ip", "sysctl")]

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


def default_route(host: Host) -> str:
    return host.ip("-6", "route", "show", "default", "dev", "cli0")


def prefixes(running: Running) -> str:
    """The prefixes told on all interfaces, and whether they are deprecated."""
    shown = [each for link in running.shown("slaac", "list")["items"] for each in link["prefixes"]]
    return "\n".join(f"{each['prefix']} {each['deprecated']}" for each in shown)


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


FULL = """
[dhcp.slaac]
enabled = true
interface = "srv0"
prefix = "2001:db8:1::"
interval_max_secs = 4
router_lifetime_secs = 900
dns = ["2001:db8:1::53"]
search = ["example.com", "lab.example.com"]
mtu = 1400
preference = "high"
managed = "on"
pref64 = ["64:ff9b::/96"]
captive_portal = "https://portal.example/api"
routes = [{ prefix = "2001:db8:ff00::/40", preference = "low", lifetime_secs = 700 }]
encrypted_dns = [{ name = "dns.example", addresses = ["2001:db8:1::53"], alpn = ["dot"] }]
"""


@contextmanager
def program(host: Host, output: Path, *command: str) -> Iterator[Callable[[], str]]:
    """A program that runs inside the block; gives what it has written."""
    with output.open("wb") as written:
        process = subprocess.Popen(host.command(*command), stdout=written, stderr=written)
    try:
        yield output.read_text
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@pytest.mark.needs("rdisc6", "radvdump")
def test_rdisc6_and_radvdump_read_our_advertisements(tmp_path: Path) -> None:
    with link() as (router, host), server(router, tmp_path, FULL):
        until(lambda: link_local(host, "cli0"), r"inet6 fe80::(?!.*tentative)")
        seen = host.run("rdisc6", "-1", "-r", "20", "-w", "3000", "cli0")
        for line in (
            r"Hop limit +: +64",
            r"Stateful address conf. +: +Yes",
            r"Stateful other conf. +: +No",
            r"Router preference +: +high",
            r"Router lifetime +: +900",
            r"Prefix +: 2001:db8:1::/64",
            r"On-link +: +Yes",
            r"Autonomous address conf.: +Yes",
            r"Valid time +: +5400",
            r"Pref. time +: +2700",
            r"MTU +: +1400",
            r"Route +: 2001:db8:ff00::/40",
            r"Route preference +: +low",
            r"Recursive DNS server +: 2001:db8:1::53",
            r"DNS search list +: example.com",
            r"Source link-layer address: [0-9A-F:]{17}",
            r"from fe80::",
        ):
            assert re.search(line, seen), f"no {line} in:\n{seen}"
        with program(host, tmp_path / "radvdump", "radvdump") as dumped:
            text = until(dumped, r"# End of interface definition|}; # End of")
        for line in (
            "AdvManagedFlag on;",
            "AdvDefaultPreference high;",
            "AdvLinkMTU 1400;",
            "prefix 2001:db8:1::/64",
            "AdvPreferredLifetime 2700;",
            "route 2001:db8:ff00::/40",
            "RDNSS 2001:db8:1::53",
            "DNSSL example.com",
        ):
            assert line in text, f"no {line} in:\n{text}"


@pytest.mark.needs("rdnssd")
def test_rdnssd_learns_dns_and_forgets_what_is_down(tmp_path: Path) -> None:
    resolv = tmp_path / "resolv.conf"
    resolv.touch()
    config = FULL.replace('"2001:db8:1::53"]\n', '"2001:db8:1::1", "2001:db8:53::1"]\n', 1)
    config += '[dns.auth]\nenabled = true\nlisten = "[::1]:5353"\n'
    with link() as (router, host):
        command = ("rdnssd", "-f", "-r", str(resolv), "-p", str(tmp_path / "pid"), "-u", "root")
        with program(host, tmp_path / "rdnssd", *command):
            with server(router, tmp_path, config) as running:
                until(resolv.read_text, r"nameserver 2001:db8:1::1\b")
                running.shown("plugins", "stop", "auth")
                # Ours is withdrawn, another machine's is not.
                until(resolv.read_text, r"^(?!.*2001:db8:1::1\b).*2001:db8:53::1")
                running.shown("plugins", "start", "auth")
                until(resolv.read_text, r"nameserver 2001:db8:1::1\b")
            # At the stop, all that this router told of ends.
            until(resolv.read_text, r"^(?!.*nameserver)")


def test_a_changed_prefix_is_deprecated_in_the_kernel(tmp_path: Path) -> None:
    config = '[dhcp.slaac]\nenabled = true\ninterface = "srv0"\n'
    with link() as (router, host), server(router, tmp_path, config) as running:
        until(lambda: addresses(host), r"2001:db8:1:")
        router.ip("address", "add", "2001:db8:2::1/64", "dev", "srv0")
        router.ip("address", "delete", "2001:db8:1::1/64", "dev", "srv0")
        until(
            lambda: addresses(host),
            r"2001:db8:2:\S+ scope global dynamic.*2001:db8:1:\S+ scope global deprecated",
        )
        running.stop()
        running.start()
        wanted = r"2001:db8:2::/64 False.*2001:db8:1::/64 True"
        until(lambda: prefixes(running), wanted)


def test_an_interface_that_goes_and_comes_is_advertised_on_again(tmp_path: Path) -> None:
    with link() as (router, host), server(router, tmp_path, CONFIG) as running:
        until(lambda: addresses(host), r"2001:db8:1:")
        with running.telling("interface.down"):
            router.ip("link", "set", "srv0", "down")
        with running.telling("interface.up"):
            router.ip("link", "set", "srv0", "up")
        # Renamed, it is another; named so again, it is served.
        with running.telling("interface.down"):
            router.ip("link", "set", "srv0", "down")
            router.ip("link", "set", "srv0", "name", "other0")
        with running.telling("interface.up"):
            router.ip("link", "set", "other0", "name", "srv0")
            router.ip("link", "set", "srv0", "up")
        with running.telling("interface.down"):
            router.ip("link", "delete", "srv0")
        with running.telling("interface.up"):
            cable(router, "srv0", host, "cli0")
            sysctl(host, "net.ipv6.conf.cli0.accept_ra=1")
            router.address("srv0")
            host.address("cli0")
        until(lambda: addresses(host), r"2001:db8:1:")
        until(lambda: default_route(host), r"via fe80:")

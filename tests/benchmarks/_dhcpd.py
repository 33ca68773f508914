"""ISC dhcpd, the peer that does the work that we do: it syncs its lease file before an ACK.

It does so by default (``dont-use-fsync``, dhcpd.conf(5), is never set).  ``delayed-ack`` and
``max-ack-delay`` are the documented way to let replies share a sync: 28 of them, the manual's own
suggestion, or those of a millisecond, instead of a quarter of a second, which would be all that one
sees of its latency.  ``strace -c -e fsync`` shows the syncs.

Of DHCPv6 that is not so: ``delayed-ack`` is for DHCPv4 alone, and strace shows that each lease is
written before its REPLY, but not one fsync.

``dhcp-cache-threshold 0`` has it write the lease of a client that asks again, too, as we do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from itertools import product
from pathlib import Path

from tests.benchmarks._dhcp_trial import running
from tests.scenarios.dhcp.namespaces import Host

RATE_MAX = 5_000
"""More than it can do.  Asked for more yet it spends itself on offers, and completes fewer."""

_GLOBAL = """\
authoritative;
ddns-update-style none;
ping-check false;
default-lease-time 3600;
dhcp-cache-threshold 0;
"""
_POOL_ADDRESSES = 2048
_PERMITS = (
    "known-clients",
    "authenticated clients",
    "unauthenticated clients",
    "dynamic bootp clients",
)


def pools() -> str:
    """16 pools of 2,048 addresses, for any client: enough for 6 seconds of what it is asked for.

    Debian's dhcpd keeps the leases of a pool in a linear list, and makes all of them at its start:
    with the others' 13 million addresses it would hardly get ready, nor answer.  Pools that allow
    the same clients would become one, so that each allows another useless kind of them besides.
    """
    text = ""
    first = IPv4Address("10.1.0.0")
    for besides in product((False, True), repeat=len(_PERMITS)):
        kinds = [kind for kind, wanted in zip(_PERMITS, besides, strict=True) if wanted]
        allowed = "".join(f"allow {kind}; " for kind in ("unknown-clients", *kinds))
        text += f"  pool {{ {allowed}range {first} {first + _POOL_ADDRESSES - 1}; }}\n"
        first += _POOL_ADDRESSES
    return text


CONFIG4 = f"""\
{_GLOBAL}
delayed-ack 28;
max-ack-delay 1000;
subnet 10.0.0.0 netmask 255.0.0.0 {{
{pools()}
  option routers 10.0.0.1;
  option domain-name-servers 10.0.0.1;
  option domain-name "example.com";
}}
"""
CONFIG6 = f"""\
{_GLOBAL}
preferred-lifetime 2250;
subnet6 2001:db8::/64 {{
  range6 2001:db8::1:0 2001:db8::ffff:ffff;
  option dhcp6.name-servers 2001:db8::1;
  option dhcp6.domain-search "example.com";
}}
"""


@contextmanager
def dhcpd4(host: Host, folder: Path) -> Iterator[int]:
    with _dhcpd(host, folder, "-4", CONFIG4) as process:
        yield process


@contextmanager
def dhcpd6(host: Host, folder: Path) -> Iterator[int]:
    with _dhcpd(host, folder, "-6", CONFIG6) as process:
        yield process


@contextmanager
def _dhcpd(host: Host, folder: Path, family: str, config: str) -> Iterator[int]:
    file, leases = folder / "dhcpd.conf", folder / "dhcpd.leases"
    file.write_text(config)
    leases.touch()
    files = ("-cf", str(file), "-lf", str(leases), "--no-pid")
    with running(host.command("dhcpd", "-f", family, *files, "srv0")) as process:
        yield process

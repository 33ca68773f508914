"""The section ``[dhcp.v6]``, and what it declares in the foundation's terms."""

import hashlib
import ipaddress
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.config import IPNetwork, IPv6
from microdns_dhcp.model import (
    CONFIG,
    ClientClass,
    GlobalOptions,
    OptionValue,
    Pool,
    Reservation,
)

LEASE_TIME_SECS = 3600
FIRST_HOST = 0x1000
"""Where a pool without a range begins: what lies before is left to routers and servers."""
HOSTS_MAX = 1 << 48
"""Addresses of a pool without a range: interface identifiers below those that RFC 5453 reserves."""
LeaseTime = Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
PrefixLength = Annotated[int, Meta(ge=1, le=128)]
Text255 = Annotated[str, Meta(max_length=255)]


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients are told besides their address."""

    dns: Annotated[tuple[IPv6, ...], Meta(description="DNS servers (option 23).")] = ()
    domain: Annotated[
        Text255, Meta(description="Domain of the clients (option 24, where `search` is empty).")
    ] = ""
    search: Annotated[
        tuple[str, ...], Meta(description="Domains to search names in (option 24).")
    ] = ()
    ntp: Annotated[tuple[IPv6, ...], Meta(description="Time servers (options 56 and 31).")] = ()
    lease_time_secs: Annotated[
        LeaseTime | None, Meta(description="Valid lifetime, in seconds.")
    ] = None
    boot_file: Annotated[
        Annotated[str, Meta(max_length=1024)], Meta(description="URL to boot from (option 59).")
    ] = ""
    options: Annotated[
        tuple[OptionValue, ...], Meta(description="Any other options, by name or number.")
    ] = ()

    def told(self) -> dict[str, Any]:
        """These settings as the model has them."""
        return {
            "dns": tuple(map(str, self.dns)),
            "domain": self.domain,
            "search": self.search,
            "ntp": tuple(map(str, self.ntp)),
            "lease_time_secs": self.lease_time_secs,
            "boot_file": self.boot_file,
            "options": self.options,
        }


class Ranged(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pools of addresses and of prefixes have in common."""

    prefix: Annotated[IPv6, Meta(description="Prefix that they lie in.")]
    prefix_len: Annotated[PrefixLength, Meta(description="Its length.")] = 64
    preferred_time_secs: Annotated[
        LeaseTime | None,
        Meta(description="Preferred lifetime. Default: five eighths of the valid one."),
    ] = None
    interface: Annotated[
        str, Meta(description="Interface of its clients, where its addresses do not tell.")
    ] = ""
    relays: Annotated[
        tuple[IPv6, ...],
        Meta(description="Link addresses that relay agents give for its clients."),
    ] = ()
    client_class: Annotated[
        str, Meta(description="Only for clients of this class (`classes`).")
    ] = ""

    @property
    def network(self) -> ipaddress.IPv6Network:
        """The prefix; bits of ``prefix`` beyond its length do not count."""
        return ipaddress.IPv6Network((int(self.prefix), self.prefix_len), strict=False)

    def placed(self) -> dict[str, Any]:
        """These settings as the model has them."""
        return {
            "family": 6,
            "subnet": str(self.network),
            "preferred_time_secs": self.preferred_time_secs,
            "interface": self.interface,
            "relays": tuple(map(str, self.relays)),
            "client_class": self.client_class,
            "source": CONFIG,
            **self.told(),
        }


class PoolConfig(Ranged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v6.pools]]``: addresses of a link."""

    range_start: Annotated[
        IPv6 | None, Meta(description="First address. Default: the prefix's 4,096th.")
    ] = None
    range_end: Annotated[
        IPv6 | None, Meta(description="Last address. Default: the last that is fit for it.")
    ] = None
    exclude: Annotated[
        tuple[IPv6, ...], Meta(description="Addresses in the range that are not given out.")
    ] = ()
    zone: Annotated[str, Meta(description="Zone for the names of its clients.")] = ""

    def pool(self) -> Pool:
        network = self.network
        start, end = default_range(network)
        start = int(self.range_start) if self.range_start is not None else start
        end = int(self.range_end) if self.range_end is not None else end
        first, last = ipaddress.IPv6Address(start), ipaddress.IPv6Address(end)
        named = self.range_start is not None or self.range_end is not None
        return Pool(
            id=f"config-{first}-{last}" if named else f"config-{network}",
            range_start=str(first),
            range_end=str(last),
            exclude=tuple(map(str, self.exclude)),
            zone=self.zone,
            **self.placed(),
        )


def default_range(network: ipaddress.IPv6Network) -> tuple[int, int]:
    """First and last address of a pool that names none.

    The lowest are left to routers and servers, and the highest 128 are subnet anycast addresses
    (RFC 2526); a small prefix is used but for its first address (RFC 4291 2.6.1).
    """
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.num_addresses <= 2 * FIRST_HOST:
        return min(first + 1, last), last
    return first + FIRST_HOST, min(last - 128, first + HOSTS_MAX - 1)


class DelegationConfig(Ranged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v6.delegations]]``: prefixes for routers to hand on (IA_PD)."""

    delegated_len: Annotated[PrefixLength, Meta(description="Length of the prefixes delegated.")]

    def pool(self) -> Pool:
        network = self.network
        return Pool(
            id=f"config-pd-{network}",
            kind="prefix",
            delegated_length=self.delegated_len,
            range_start=str(network.network_address),
            range_end=str(network.broadcast_address),
            **self.placed(),
        )


class ReservationConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v6.reservations]]``: an address, a prefix or settings for one client."""

    duid: Annotated[str, Meta(description="Its DUID, in hexadecimal.")] = ""
    mac: Annotated[
        str, Meta(description="Its hardware address (RFC 6939, or as its DUID tells).")
    ] = ""
    interface_id: Annotated[
        str, Meta(description="Interface of its relay agent (option 18): text or `0x…`.")
    ] = ""
    remote_id: Annotated[
        str, Meta(description="Remote id of its relay agent (option 37): text or `0x…`.")
    ] = ""
    ip: Annotated[IPv6 | None, Meta(description="Address for it; without one, a free one.")] = None
    prefix: Annotated[
        IPNetwork | None, Meta(description="Prefix to delegate to it, with its length.")
    ] = None
    hostname: Annotated[Text255, Meta(description="Its name.")] = ""

    def reservation(self) -> Reservation:
        identity = "|".join(
            (self.duid.lower(), self.mac.lower(), self.interface_id, self.remote_id)
        )
        digest = hashlib.sha256(f"{identity}|{self.ip}|{self.prefix}".encode()).hexdigest()[:12]
        return Reservation(
            id=f"config-{digest}",
            family=6,
            ip=str(self.ip or ""),
            prefix=str(self.prefix or ""),
            mac=self.mac,
            duid=self.duid,
            circuit_id=self.interface_id,
            remote_id=self.remote_id,
            hostname=self.hostname,
            source=CONFIG,
            **self.told(),
        )


class ClassConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v6.classes]]``: clients whose packets match, and what they are told."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Its name.")]
    match: Annotated[str, Meta(min_length=1, description="Expression over the packet.")]
    drop: Annotated[bool, Meta(description="Do not answer these clients.")] = False

    def client_class(self) -> ClientClass:
        return ClientClass(
            name=self.name,
            family=6,
            match=self.match,
            drop=self.drop,
            source=CONFIG,
            **self.told(),
        )


class Dhcp6Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The DHCPv6 server."""

    enabled: Annotated[bool, Meta(description="Run the DHCPv6 server.")] = False
    interface: Annotated[
        str | tuple[str, ...],
        Meta(description="Interface to serve, or an array of them; empty: all but loopback."),
    ] = ()
    authoritative: Annotated[
        bool,
        Meta(
            description="Tell clients that rebind what nobody here knows that they can't keep it. "
            "Without it the server is silent then, as it must be beside others of a link."
        ),
    ] = True
    rapid_commit: Annotated[
        bool, Meta(description="Lease in two messages to clients that ask for it.")
    ] = True
    preference: Annotated[
        int,
        Meta(ge=0, le=255, description="Which of several servers clients take: the highest."),
    ] = 0
    duid: Annotated[
        str, Meta(description="DUID of the server, in hexadecimal. Default: one of its own making.")
    ] = ""
    identify_reservations_by: Annotated[
        tuple[Literal["duid", "mac", "interface_id", "remote_id"], ...],
        Meta(description="Identifiers that reservations are looked up by, in this order."),
    ] = ("duid", "mac", "remote_id", "interface_id")
    lease_time_secs: Annotated[
        int, Meta(ge=1, le=0xFFFFFFFF, description="Valid lifetime where no pool says another.")
    ] = LEASE_TIME_SECS
    information_refresh_secs: Annotated[
        Annotated[int, Meta(ge=600, le=0xFFFFFFFF)] | None,
        Meta(description="When clients without a lease are to ask again (option 32)."),
    ] = None
    sol_max_rt_secs: Annotated[
        Annotated[int, Meta(ge=60, le=86_400)] | None,
        Meta(description="Longest time between the clients' solicitations (option 82)."),
    ] = None
    inf_max_rt_secs: Annotated[
        Annotated[int, Meta(ge=60, le=86_400)] | None,
        Meta(description="Longest time between their requests for information (option 83)."),
    ] = None
    relays_allowed: Annotated[
        tuple[IPNetwork, ...],
        Meta(description="Networks that relay agents may have addresses in; empty: any."),
    ] = ()
    fqdn_override: Annotated[
        bool,
        Meta(
            description="Register names also for clients that would do it themselves "
            "(RFC 4704, O flag)."
        ),
    ] = True
    port: Annotated[int, Meta(ge=1, le=65535, description="UDP port to serve.")] = 547
    options: Annotated[tuple[OptionValue, ...], Meta(description="Options for all clients.")] = ()
    pools: Annotated[tuple[PoolConfig, ...], Meta(description="Addresses of links.")] = ()
    delegations: Annotated[
        tuple[DelegationConfig, ...], Meta(description="Prefixes to delegate.")
    ] = ()
    reservations: Annotated[
        tuple[ReservationConfig, ...],
        Meta(description="Addresses, prefixes or settings for one client."),
    ] = ()
    classes: Annotated[tuple[ClassConfig, ...], Meta(description="Kinds of clients.")] = ()

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces to serve; none named means all."""
        if isinstance(self.interface, str):
            return (self.interface,) if self.interface else ()
        return self.interface

    def all_pools(self) -> list[Pool]:
        """Pools of addresses, then those of prefixes."""
        return [
            *(each.pool() for each in self.pools),
            *(each.pool() for each in self.delegations),
        ]

    def global_options(self) -> GlobalOptions | None:
        """What the file says to all clients; None leaves that to operations."""
        values = (
            ("information-refresh-time", self.information_refresh_secs),
            ("sol-max-rt", self.sol_max_rt_secs),
            ("inf-max-rt", self.inf_max_rt_secs),
        )
        own = tuple(OptionValue(option=name, value=value) for name, value in values if value)
        if not own and not self.options:
            return None
        return GlobalOptions(family=6, options=(*own, *self.options), source=CONFIG)

"""The section ``[dhcp.v4]``, and what it declares in the foundation's terms."""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.config import IPNetwork, IPv4
from microdns.errors import Problem
from microdns_dhcp.model import (
    CONFIG,
    ClientClass,
    GlobalOptions,
    OptionValue,
    Pool,
    Reservation,
)

LEASE_TIME_SECS = 3600
LeaseTime = Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
Text255 = Annotated[str, Meta(max_length=255)]


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients are told besides their address."""

    gateway: Annotated[IPv4 | None, Meta(description="Default router (option 3).")] = None
    dns: Annotated[tuple[IPv4, ...], Meta(description="DNS servers (option 6).")] = ()
    domain: Annotated[
        Text255,
        Meta(description="Domain of the clients (option 15; left out where `search` is sent)."),
    ] = ""
    search: Annotated[
        tuple[str, ...], Meta(description="Domains to search names in (option 119).")
    ] = ()
    ntp: Annotated[tuple[IPv4, ...], Meta(description="Time servers (option 42).")] = ()
    lease_time_secs: Annotated[LeaseTime | None, Meta(description="Lease time, in seconds.")] = None
    next_server: Annotated[IPv4 | None, Meta(description="Server to boot from (siaddr).")] = None
    boot_file: Annotated[
        Annotated[str, Meta(max_length=127)], Meta(description="File to boot (file, option 67).")
    ] = ""
    server_name: Annotated[
        Annotated[str, Meta(max_length=63)],
        Meta(description="Name of the boot server (sname, option 66)."),
    ] = ""
    options: Annotated[
        tuple[OptionValue, ...], Meta(description="Any other options, by name or number.")
    ] = ()

    def told(self) -> dict[str, Any]:
        """These settings as the model has them."""
        return {
            "gateway": str(self.gateway or ""),
            "dns": tuple(map(str, self.dns)),
            "domain": self.domain,
            "search": self.search,
            "ntp": tuple(map(str, self.ntp)),
            "lease_time_secs": self.lease_time_secs,
            "next_server": str(self.next_server or ""),
            "boot_file": self.boot_file,
            "server_name": self.server_name,
            "options": self.options,
        }


class PoolConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v4.pools]]``: a range of addresses of a subnet."""

    subnet: Annotated[IPNetwork, Meta(description="Network that the addresses lie in.")]
    range_start: Annotated[
        IPv4 | None, Meta(description="First address; without a range, only reservations.")
    ] = None
    range_end: Annotated[IPv4 | None, Meta(description="Last address.")] = None
    exclude: Annotated[
        tuple[IPv4, ...], Meta(description="Addresses in the range that are not given out.")
    ] = ()
    interface: Annotated[
        str, Meta(description="Interface of its clients, where its addresses do not tell.")
    ] = ""
    relays: Annotated[
        tuple[IPv4, ...], Meta(description="Relay agents of its clients, outside of the subnet.")
    ] = ()
    client_class: Annotated[
        str, Meta(description="Only for clients of this class (`classes`).")
    ] = ""
    zone: Annotated[str, Meta(description="Zone for the names of its clients.")] = ""

    def pool(self) -> Pool:
        start, end = str(self.range_start or ""), str(self.range_end or "")
        return Pool(
            id=f"config-{start}-{end}" if start else f"config-{self.subnet}",
            family=4,
            subnet=str(self.subnet),
            range_start=start,
            range_end=end,
            exclude=tuple(map(str, self.exclude)),
            interface=self.interface,
            relays=tuple(map(str, self.relays)),
            client_class=self.client_class,
            zone=self.zone,
            source=CONFIG,
            **self.told(),
        )


class ReservationConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v4.reservations]]``: an address or settings for one client."""

    mac: Annotated[str, Meta(description="Its hardware address.")] = ""
    client_id: Annotated[
        str, Meta(description="Its client identifier (option 61): text, or octets as `0x…`.")
    ] = ""
    circuit_id: Annotated[
        str, Meta(description="Circuit of its relay agent (option 82.1): text or `0x…`.")
    ] = ""
    remote_id: Annotated[
        str, Meta(description="Remote id of its relay agent (option 82.2): text or `0x…`.")
    ] = ""
    ip: Annotated[IPv4 | None, Meta(description="Address for it; without one, a free one.")] = None
    hostname: Annotated[
        Annotated[str, Meta(max_length=255)], Meta(description="Its name (option 12).")
    ] = ""

    def reservation(self) -> Reservation:
        identity = "|".join((self.mac.lower(), self.client_id, self.circuit_id, self.remote_id))
        digest = hashlib.sha256(f"{identity}|{self.ip}".encode()).hexdigest()[:12]
        return Reservation(
            id=f"config-{digest}",
            family=4,
            ip=str(self.ip or ""),
            mac=self.mac,
            client_id=self.client_id,
            circuit_id=self.circuit_id,
            remote_id=self.remote_id,
            hostname=self.hostname,
            source=CONFIG,
            **self.told(),
        )


class ClassConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.v4.classes]]``: clients whose packets match, and what they are told."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Its name.")]
    match: Annotated[str, Meta(min_length=1, description="Expression over the packet.")]
    drop: Annotated[bool, Meta(description="Do not answer these clients.")] = False

    def client_class(self) -> ClientClass:
        return ClientClass(
            name=self.name,
            family=4,
            match=self.match,
            drop=self.drop,
            source=CONFIG,
            **self.told(),
        )


class BootConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[dhcp.v4.boot]``: files to boot, by what the client is (options 60, 77, 93, 175)."""

    next_server: Annotated[IPv4 | None, Meta(description="Server to boot from.")] = None
    bios: Annotated[str, Meta(description="For BIOS clients (architecture 0).")] = ""
    uefi_x86: Annotated[str, Meta(description="For 32-bit UEFI (architecture 6).")] = ""
    uefi_x64: Annotated[str, Meta(description="For 64-bit UEFI (architectures 7 and 9).")] = ""
    uefi_arm32: Annotated[str, Meta(description="For 32-bit ARM UEFI (architecture 10).")] = ""
    uefi_arm64: Annotated[str, Meta(description="For 64-bit ARM UEFI (architecture 11).")] = ""
    http_x64: Annotated[str, Meta(description="URL for UEFI HTTP boot, x64 (architecture 16).")] = (
        ""
    )
    http_arm64: Annotated[
        str, Meta(description="URL for UEFI HTTP boot, ARM (architecture 19).")
    ] = ""
    ipxe: Annotated[str, Meta(description="Script or file for clients that run iPXE.")] = ""


class Dhcp4Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The DHCPv4 server."""

    enabled: Annotated[bool, Meta(description="Run the DHCPv4 server.")] = False
    interface: Annotated[
        str | tuple[str, ...],
        Meta(description="Interface to serve, or an array of them; empty: all but loopback."),
    ] = ()
    authoritative: Annotated[
        bool,
        Meta(
            description="Refuse (NAK) clients that want addresses of another network, or that "
            "nobody here has given them. Without it, only what is surely wrong is refused."
        ),
    ] = True
    rapid_commit: Annotated[
        bool, Meta(description="Lease in two messages to clients that ask for it (RFC 4039).")
    ] = True
    conflict_check: Annotated[
        Literal["none", "ping", "arp"],
        Meta(description="Look whether an address answers before it is offered."),
    ] = "none"
    conflict_wait_ms: Annotated[
        int, Meta(ge=10, le=5000, description="How long to wait for an answer to that.")
    ] = 500
    use_client_id: Annotated[
        bool,
        Meta(
            description="Know clients by their client identifier where they send one; "
            "otherwise by hardware address alone."
        ),
    ] = True
    identify_reservations_by: Annotated[
        tuple[Literal["mac", "client_id", "circuit_id", "remote_id"], ...],
        Meta(description="Identifiers that reservations are looked up by, in this order."),
    ] = ("mac", "client_id", "circuit_id", "remote_id")
    lease_time_secs: Annotated[
        int, Meta(ge=1, le=0xFFFFFFFF, description="Lease time where no pool says another.")
    ] = LEASE_TIME_SECS
    lease_time_min_secs: Annotated[
        int, Meta(ge=1, le=0xFFFFFFFF, description="Shortest lease time that a client may ask for.")
    ] = 60
    lease_time_max_secs: Annotated[
        LeaseTime | None,
        Meta(
            description="Longest lease time that a client may ask for. Default: the usual one.",
        ),
    ] = None
    relays_allowed: Annotated[
        tuple[IPNetwork, ...],
        Meta(description="Networks that relay agents may have addresses in; empty: any."),
    ] = ()
    fqdn_override: Annotated[
        bool,
        Meta(
            description="Register names also for clients that would do it themselves "
            "(RFC 4702, O flag)."
        ),
    ] = True
    port: Annotated[int, Meta(ge=1, le=65535, description="UDP port to serve.")] = 67
    options: Annotated[tuple[OptionValue, ...], Meta(description="Options for all clients.")] = ()
    pools: Annotated[tuple[PoolConfig, ...], Meta(description="Ranges of addresses.")] = ()
    reservations: Annotated[
        tuple[ReservationConfig, ...], Meta(description="Addresses or settings for one client.")
    ] = ()
    classes: Annotated[tuple[ClassConfig, ...], Meta(description="Kinds of clients.")] = ()
    boot: Annotated[BootConfig, Meta(description="Network boot.")] = BootConfig()

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces to serve; none named means all."""
        if isinstance(self.interface, str):
            return (self.interface,) if self.interface else ()
        return self.interface

    def problems(self) -> Iterable[Problem]:
        longest = self.lease_time_max_secs
        if longest is not None and longest < self.lease_time_min_secs:
            yield Problem("lease_time_max_secs", "is shorter than lease_time_min_secs")

    def global_options(self) -> GlobalOptions | None:
        """What the file says to all clients; None leaves that to operations."""
        if not self.options:
            return None
        return GlobalOptions(family=4, options=self.options, source=CONFIG)

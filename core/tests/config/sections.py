"""Structs for the sections of the reference, as plugins would declare them."""

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.config import (
    Addresses,
    IPNetwork,
    IPv4,
    IPv6,
    Layout,
    Listen,
    Secret,
)
from microdns.errors import Problem
from microdns.plugin import Section


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the sections below."""


class DnsConfig(Strict, frozen=True):
    """Foundation of all DNS plugins."""

    udp_payload_max: Annotated[int, Meta(ge=512, le=4096, description="EDNS buffer size.")] = 1232


class AuthConfig(Strict, frozen=True):
    """Authoritative answers."""

    enabled: Annotated[bool, Meta(description="Whether to run.")] = False
    listen: Annotated[Addresses, Listen(53), Meta(description="Where to answer.")] = (
        ("0.0.0.0", 53),
    )
    zones: Annotated[list[str], Meta(description="Zones to create at start.")] = []


class RecursorConfig(Strict, frozen=True):
    enabled: bool = False
    listen: Annotated[Addresses, Listen(53)] = (("0.0.0.0", 53),)
    cache_size: Annotated[int, Meta(ge=0, le=10_000_000)] = 10_000
    forward_zones: dict[str, Annotated[list[str], Meta(min_length=1)]] = {}


class BalancerConfig(Strict, frozen=True):
    enabled: bool = False
    check_interval_secs: Annotated[int, Meta(ge=1, le=86_400)] = 10
    default_probe: Literal["ping", "http", "https", "tcp"] = "ping"


class Pool4(Strict, frozen=True):
    range_start: IPv4
    range_end: IPv4
    subnet: IPNetwork
    gateway: IPv4 | None = None
    dns: list[IPv4] = []
    domain: str = ""
    lease_time_secs: Annotated[int, Meta(ge=60)] = 3600
    next_server: IPv4 | None = None
    boot_file: str = ""

    def problems(self) -> Iterable[Problem]:
        if self.range_start > self.range_end:
            yield Problem("range_end", f"lies before range_start ({self.range_start})")
        for key, address in (("range_start", self.range_start), ("range_end", self.range_end)):
            if address not in self.subnet:
                yield Problem(key, f"is not in subnet {self.subnet}")


class Reservation4(Strict, frozen=True):
    mac: Annotated[str, Meta(pattern="^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$")]
    ip: IPv4
    hostname: str = ""


class Dhcp4Config(Strict, frozen=True):
    interface: Annotated[str, Meta(min_length=1, max_length=15)]
    enabled: bool = False
    pools: list[Pool4] = []
    reservations: list[Reservation4] = []


class Pool6(Strict, frozen=True):
    prefix: IPv6
    prefix_len: Annotated[int, Meta(ge=1, le=128)]
    dns: list[IPv6] = []
    domain: str = ""
    lease_time_secs: int = 3600


class Dhcp6Config(Strict, frozen=True):
    interface: str
    enabled: bool = False
    pools: list[Pool6] = []


class SlaacConfig(Strict, frozen=True):
    interface: str
    prefix: IPv6
    enabled: bool = False
    prefix_len: int = 64


class RegistrationConfig(Strict, frozen=True):
    enabled: bool = False
    forward_zone: str = ""
    reverse_zone_v4: str = ""
    reverse_zone_v6: str = ""
    default_ttl: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 300


class MessagingConfig(Strict, frozen=True):
    backend: Literal["noop", "kafka"] = "noop"
    brokers: list[str] = []
    topic_prefix: str = "microdns"


class IpamPool(Strict, frozen=True):
    name: str
    subnet: IPNetwork
    range_start: IPv4
    range_end: IPv4
    gateway: IPv4 | None = None
    bridge: str = ""


class IpamConfig(Strict, frozen=True):
    enabled: bool = False
    pools: list[IpamPool] = []


class RestConfig(Strict, frozen=True):
    enabled: bool = False
    listen: Annotated[Addresses, Listen(8080)] = (("0.0.0.0", 8080),)
    api_key: Annotated[str | None, Secret(), Meta(min_length=6)] = None


class GrpcConfig(Strict, frozen=True):
    enabled: bool = False
    listen: Annotated[Addresses, Listen(50051)] = (("0.0.0.0", 50051),)


class Peer(Strict, frozen=True):
    id: str
    addr: IPv4 = IPv4Address("127.0.0.1")
    dns_port: int = 53
    http_port: int = 8080


class FederationConfig(Strict, frozen=True):
    endpoint: str = ""
    heartbeat_interval_secs: int = 10
    report_interval_secs: int = 30
    peers: list[Peer] = []


SECTIONS = {
    "dns": Section("dns", DnsConfig, chooses=False),
    "auth": Section("dns.auth", AuthConfig),
    "recursor": Section("dns.recursor", RecursorConfig),
    "lb": Section("dns.loadbalancer", BalancerConfig),
    "dhcp4": Section("dhcp.v4", Dhcp4Config),
    "dhcp6": Section("dhcp.v6", Dhcp6Config),
    "slaac": Section("dhcp.slaac", SlaacConfig),
    "registration": Section("dhcp.dns_registration", RegistrationConfig),
    "ipam": Section("ipam", IpamConfig),
    "federation": Section("coordinator", FederationConfig, elsewhere={"peers": "instance.peers"}),
    "kafka": Section("messaging", MessagingConfig),
    "rest": Section("api.rest", RestConfig),
    "grpc": Section("api.grpc", GrpcConfig),
}


def layout(*plugins: str) -> Layout:
    """The layout with these plugins installed; with all of them when none is named."""
    return Layout({name: SECTIONS[name] for name in plugins or SECTIONS})

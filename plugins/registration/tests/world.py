"""A kernel with leases and zones, and what tests do to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.model import (
    ACTIVE,
    Lease,
    Pool,
    Reservation,
    address_octets,
    client6,
)
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks
from microdns_dns.model import Zone
from microdns_dns.plugin import DnsPlugin
from microdns_dns.rdata import rdata_from_text, rdata_to_text, type_name, type_number
from microdns_dns.repository import Add, Draft, RemoveMatching, ZoneRepository, all_zones
from microdns_registration.follower import Follower
from microdns_registration.model import REGISTRATIONS, Registration
from microdns_registration.plugin import RegistrationPlugin
from microdns_registration.registrar import Registrar

CONFIG = """
[dhcp.dns_registration]
enabled = true
forward_zone = "gw.lo"
"""
POOLS4 = (
    Pool(id="lan", family=4, subnet="192.0.2.0/24"),
    Pool(id="lab", family=4, subnet="198.51.100.0/24", zone="lab.gw.lo"),
)
POOLS6 = (Pool(id="lan6", family=6, subnet="2001:db8::/64"),)


@dataclass
class World:
    """A running kernel; names in it are absolute, without a final dot."""

    kernel: Kernel

    @property
    def book(self) -> LeaseBook:
        return self.kernel.services.require(LeaseBook)

    @property
    def catalogue(self) -> Catalogue:
        return self.kernel.services.require(Catalogue)

    @property
    def registrar(self) -> Registrar:
        return self.kernel.services.require(Registrar)

    @property
    def repository(self) -> ZoneRepository:
        return self.kernel.services.require(ZoneRepository)

    def new_lease(self, ip: str, mac: int = 1, hostname: str = "", **more: Any) -> Lease:
        """An active lease of a client that is known by its hardware address."""
        hardware = b"\1\2\0\0\0" + mac.to_bytes(2, "big")
        now = self.book.clock.now()
        family = 6 if ":" in ip else 4
        subnet = "2001:db8::/64" if family == 6 else f"{ip.rpartition('.')[0]}.0/24"
        given: dict[str, Any] = {
            "client": b"\0" + hardware
            if family == 4
            else client6(3, b"\0\0\0\7", b"\0\3\0\1" + hardware[1:]),
            "subnet": subnet,
            "duration": 3600,
            "hardware": hardware if family == 4 else b"",
            **more,
        }
        return Lease(
            address=address_octets(ip),
            state=ACTIVE,
            expires=now + 3600,
            started=now,
            renewed=now,
            hostname=hostname,
            **given,
        )

    async def grant(self, *leases: Lease) -> None:
        """Lease addresses, and wait until DNS knows."""
        await self.book.commit([self.book.grant(lease) for lease in leases])
        await self.settled()

    async def lease(self, ip: str, mac: int = 1, hostname: str = "", **more: Any) -> None:
        """Lease an address, and wait until DNS knows."""
        await self.grant(self.new_lease(ip, mac, hostname, **more))

    async def release(self, ip: str) -> None:
        lease = self.book.lease(address_octets(ip))
        assert lease is not None
        await self.book.commit([self.book.release(lease)])
        await self.settled()

    async def settled(self) -> None:
        """Wait until everything in the journal is settled."""
        with anyio.fail_after(60):
            follower = self.kernel.services.require(Follower)
            while not follower.is_settled:  # noqa: ASYNC110  (it tells nobody)
                await anyio.sleep(0.002)

    async def add(self, zone: str, name: str, type: str, data: str, **more: Any) -> None:
        """Write a record as a person does."""
        number = type_number(type)
        draft = Draft(name, number, rdata_from_text(number, data))
        await self.repository.change(Call(), zone, [Add(draft)], **more)
        await self.settled()

    async def remove(self, zone: str, name: str, type: str) -> None:
        await self.repository.change(Call(), zone, [RemoveMatching(name, type_number(type))])
        await self.settled()

    async def new_zone(self, name: str) -> None:
        await self.repository.create_zone(Call(), self.repository.new_zone(name))
        await self.settled()

    def records(self, source: str | None = "dhcp") -> set[str]:
        """All records of a source, as ``name TYPE data``; told twice, it fails."""
        found = [
            f"{record.name}.{zone.name} {type_name(record.type)} "
            f"{rdata_to_text(record.type, record.rdata)}"
            for zone in all_zones(self.kernel.store)
            for record in self.repository.records(zone.id)
            if source in (None, record.source)
        ]
        assert len(found) == len(set(found)), found
        return set(found)

    def zones(self) -> list[Zone]:
        return list(all_zones(self.kernel.store))

    def registration(self, ip: str) -> Registration | None:
        octets = address_octets(ip)
        return self.kernel.store.get(REGISTRATIONS, bytes((len(octets),)) + octets)

    def problem(self, ip: str) -> tuple[str, str]:
        """What a lease lacks, and why."""
        found = self.registration(ip)
        assert found is not None
        return found.wanted, found.problem

    def reserve(self, *reservations: Reservation) -> None:
        """Have these reservations in the file."""
        self.catalogue.declare(4, pools=POOLS4, reservations=reservations)


@asynccontextmanager
async def world(config: str = "", folder: Path | None = None) -> AsyncIterator[World]:
    """A kernel in which leases get names; ``config`` is added to the plugin's section."""
    section = CONFIG.rpartition("forward_zone")[0] if "forward_zone" in config else CONFIG
    plugins = [DhcpPlugin(FakeLinks()), DnsPlugin(), RegistrationPlugin()]
    async with run_kernel(plugins, section + config, folder=folder) as kernel:
        made = World(kernel)
        made.catalogue.declare(4, pools=POOLS4)
        made.catalogue.declare(6, pools=POOLS6)
        await made.settled()
        yield made

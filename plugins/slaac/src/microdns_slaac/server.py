"""The advertising router: what arrives, what falls due, and what changes around it."""

import asyncio
import ipaddress
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import anyio
import anyio.lowlevel

from microdns.bus import Bus
from microdns.clock import Clock
from microdns.errors import StorageFault
from microdns.events import Event, Principal
from microdns.running import Running
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.leaseclock import LeaseClock
from microdns_dhcp.links import Interface, Links
from microdns_slaac import logevents
from microdns_slaac.compose import Circumstances, compose
from microdns_slaac.config import SlaacConfig
from microdns_slaac.consistency import differences
from microdns_slaac.events import (
    DnsRestored,
    DnsWithdrawn,
    PrefixAnnounced,
    PrefixDeprecated,
    RouterDiffers,
)
from microdns_slaac.ledger import Ledger
from microdns_slaac.link import ALL_NODES, ALL_ROUTERS, Link, Router
from microdns_slaac.message import (
    MESSAGE_OCTETS_MAX,
    ROUTER_ADVERTISEMENT,
    ROUTER_SOLICITATION,
    Advertisement,
    kind_of,
    read_advertisement,
    read_solicitation,
    split,
)
from microdns_slaac.metrics import SlaacMetrics
from microdns_slaac.octets import Malformed
from microdns_slaac.options import PrefixInformation
from microdns_slaac.profile import profile
from microdns_slaac.schedule import (
    MAX_FINAL_RTR_ADVERTISEMENTS,
    MIN_DELAY_BETWEEN_RAS,
    NEVER,
    Schedule,
)

Address = ipaddress.IPv6Address
DHCPV6 = "dhcp6"
MESSAGES_PER_TURN = 64
"""Read from one socket before others get their turn."""
SAVE_RETRY_SECONDS = 5.0
FAILURES_TOLD = 3
"""A first try may come too early, while the system still checks the address (RFC 4862 5.4)."""


class Server:
    """All interfaces that are advertised on."""

    def __init__(
        self,
        config: SlaacConfig,
        links: Links,
        ledger: Ledger,
        lease_clock: LeaseClock,
        running: Running,
        catalogue: Catalogue,
        metrics: SlaacMetrics,
        bus: Bus,
        clock: Clock,
        source: random.Random,
        actor: Principal,
        log: logging.Logger,
    ) -> None:
        self.links: dict[str, Link] = {}
        self._config = config
        self._system = links
        self.ledger = ledger
        self._lease_clock = lease_clock
        self._running = running
        self._catalogue = catalogue
        self._metrics = metrics
        self._bus = bus
        self._clock = clock
        self._random = source
        self._actor = actor
        self._log = log
        self._schedules: dict[str, Schedule] = {}
        self._save = anyio.Event()
        self._wake = anyio.Event()

    # Interfaces

    def open(self, interface: Interface) -> None:
        """Advertise on an interface; raises OSError."""
        kinds = (ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT)
        socket = self._system.icmp6(interface, (str(ALL_ROUTERS),), kinds)
        told = profile(self._config, interface.name)
        link = Link(interface, socket, told, self._schedule(interface.name))
        self.links[interface.name] = link
        asyncio.get_running_loop().add_reader(socket.fileno(), self._reader(link))
        if link.source is None:
            logevents.NO_LINK_LOCAL(
                self._log, "interface %s has no link-local address", link.name, name=link.name
            )
            link.schedule.multicast_due = NEVER
        else:
            self._settle(link)
            link.schedule.changed(self._clock.monotonic())
        if told.router_lifetime and not self._system.forwards6(link.name):
            logevents.NOT_FORWARDING(
                self._log,
                "hosts on %s are told that this machine is their router, and it forwards nothing",
                link.name,
                name=link.name,
            )
        self.look_around()
        self.wake()

    def close(self, name: str) -> None:
        """Advertise on an interface no more; its hosts are not told (see ``final``)."""
        link = self.links.pop(name, None)
        if link is not None:
            asyncio.get_running_loop().remove_reader(link.socket.fileno())
            link.socket.close()

    def _schedule(self, name: str) -> Schedule:
        """The interface's timers; kept while it is made anew, so that limits hold on."""
        now = self._clock.monotonic()
        for old in [each for each in self._schedules if each not in self.links and each != name]:
            if self._schedules[old].last < now - MIN_DELAY_BETWEEN_RAS:
                del self._schedules[old]
        told = profile(self._config, name)
        found = self._schedules.get(name)
        if found is None:
            found = Schedule(told.interval_min, told.interval_max, self._random)
            self._schedules[name] = found
        return found

    # What is around

    def look_around(self) -> None:
        """Find out who runs; what hosts are told may follow from it."""
        own = self._own_addresses()
        for link in self.links.values():
            self._look_for_leases(link)
            gone = frozenset(link.profile.dns) | _resolvers(link)
            gone = gone & own if self._lacking() else frozenset()
            if gone != link.withdrawn:
                self._withdraw(link, gone)
        self.wake()

    def follow(self, name: str) -> None:
        """A plugin came up or went down: tell hosts soon, if that concerns them."""
        if name == DHCPV6 or name in self._config.withdraw_dns_without:
            self.look_around()

    def _look_for_leases(self, link: Link) -> None:
        """Whether DHCPv6 serves, and has addresses for the link: O and M follow."""
        serves = bool(self._running.up(DHCPV6))
        leased = serves and any(map(link.is_of, self._catalogue.pools(6)))
        if (serves, leased) != (link.dhcp6, link.leased):
            link.dhcp6, link.leased = serves, leased
            if link.source is not None and "auto" in (link.profile.managed, link.profile.other):
                link.schedule.changed(self._clock.monotonic())

    def _lacking(self) -> tuple[str, ...]:
        """Plugins of this process that DNS here needs, and that are down."""
        names = self._config.withdraw_dns_without
        return tuple(name for name in names if self._running.up(name) is False)

    def _own_addresses(self) -> frozenset[Address]:
        try:
            present = list(self._system.interfaces().values())
        except OSError:
            present = [link.interface for link in self.links.values()]
        return frozenset(each.ip for interface in present for each in interface.ipv6)

    def _withdraw(self, link: Link, gone: frozenset[Address]) -> None:
        link_name, before = link.name, link.withdrawn
        link.withdrawn = gone
        if link.source is not None:
            link.schedule.changed(self._clock.monotonic())
        names = tuple(sorted(map(str, gone or before)))
        if gone:
            lacking = self._lacking()
            logevents.DNS_WITHDRAWN(
                self._log,
                "on %s, DNS servers %s are withdrawn: %s is down",
                link_name,
                ", ".join(names),
                ", ".join(lacking),
                name=link_name,
                without=list(lacking),
            )
            self._bus.publish(DnsWithdrawn(interface=link_name, servers=names, without=lacking))
        else:
            logevents.DNS_RESTORED(
                self._log, "on %s, DNS servers are told again", link_name, name=link_name
            )
            self._bus.publish(DnsRestored(interface=link_name, servers=names))

    # What hosts are told

    def advertisement(self, link: Link, *, final: bool = False) -> Advertisement:
        """What the link's hosts are told now."""
        now = Circumstances(link.dhcp6, link.leased, link.withdrawn, final)
        return compose(link.profile, link.interface.hardware, self.prefixes(link), now)

    def prefixes(self, link: Link) -> list[PrefixInformation]:
        """The prefixes that the link's hosts are told of, as the ledger lists them."""
        now = self._lease_clock.now()
        return self.ledger.options(link.name, now, self._config.deprecate_secs)

    def _settle(self, link: Link) -> None:
        """Have the right prefixes in the ledger, and say what changes by that."""
        told = link.profile
        wanted = told.prefixes
        if wanted is None:
            wanted = tuple(replace(told.each, network=each) for each in link.networks())
        self._note(self.ledger.settle(link.name, wanted, self._lease_clock.now()))

    def _note(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, PrefixAnnounced):
                logevents.PREFIX_ANNOUNCED(
                    self._log,
                    "on %s, prefix %s is announced",
                    event.interface,
                    event.prefix,
                    name=event.interface,
                    prefix=event.prefix,
                )
            elif isinstance(event, PrefixDeprecated):
                logevents.PREFIX_DEPRECATED(
                    self._log,
                    "on %s, prefix %s is deprecated: told so for %d s",
                    event.interface,
                    event.prefix,
                    event.secs,
                    name=event.interface,
                    prefix=event.prefix,
                )

    # The task

    async def run(self) -> None:
        """Send what falls due, and write what has changed, until cancelled."""
        async with anyio.create_task_group() as tasks:
            # Apart: a disk that is slow or full keeps no host waiting.
            tasks.start_soon(self._keep_saved)
            while True:
                now = self._clock.monotonic()
                for link in list(self.links.values()):
                    self._work(link, now)
                if self.ledger.unsaved:
                    self._save.set()
                await self._pause(self._due() - self._clock.monotonic())

    async def _keep_saved(self) -> None:
        while True:
            await self._save.wait()
            self._save = anyio.Event()
            while not await self.save():
                await self._clock.sleep(SAVE_RETRY_SECONDS)

    def wake(self) -> None:
        """Look anew what is due."""
        self._wake.set()

    def advertise(self, name: str) -> None:
        """Tell all hosts of an interface as soon as the limits allow."""
        link = self.links[name]
        if link.source is not None:
            link.schedule.soon(self._clock.monotonic())
            self.wake()

    async def final(self, delay: float) -> None:
        """Tell all hosts that this router will be silent (RFC 4861 6.2.5).

        So many times as allowed, ``delay`` seconds apart, since one of them may be lost and a host
        that misses them all goes on sending here for up to half an hour.
        """
        links = [link for link in self.links.values() if link.source is not None]
        for number in range(MAX_FINAL_RTR_ADVERTISEMENTS if links else 0):
            if number and delay:
                await self._clock.sleep(delay)
            for link in links:
                self._send(link, ALL_NODES, "final")

    def _due(self) -> float:
        return min((link.schedule.due for link in self.links.values()), default=NEVER)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until woken."""
        if self._wake.is_set():
            self._wake = anyio.Event()
            await anyio.lowlevel.checkpoint()
            return

        async def sleep() -> None:
            await self._clock.sleep(seconds)
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            if seconds < NEVER:
                tasks.start_soon(sleep)
            await self._wake.wait()
            tasks.cancel_scope.cancel()
        if self._wake.is_set():
            self._wake = anyio.Event()

    def _work(self, link: Link, now: float) -> None:
        schedule = link.schedule
        if schedule.multicast_due <= now:
            self.ledger.end(self._lease_clock.now())
            if self._send(link, ALL_NODES, "multicast"):
                self.ledger.announced(link.name, self._lease_clock.now())
                schedule.sent_to_all(now)
            else:
                schedule.failed(now)
        for host in schedule.hosts_due(now):
            self._send(link, Address(host), "unicast")

    def _send(self, link: Link, to: Address, kind: str) -> bool:
        source = link.source
        if source is None:
            return False
        message = self.advertisement(link, final=kind == "final")
        try:
            for octets in split(message, link.octets_max):
                link.socket.send(octets, source, to)
        except OSError as error:
            self._failed(link, error)
            return False
        link.failures = 0
        self._metrics.sent.cell(link.name, kind).inc()
        return True

    def _failed(self, link: Link, error: OSError) -> None:
        link.failures += 1
        self._metrics.unsent.cell(link.name).inc()
        if link.failures == FAILURES_TOLD:
            logevents.UNSENT(
                self._log, "can't advertise on %s: %s", link.name, error, name=link.name
            )

    async def save(self) -> bool:
        """Write what is not on disk yet; a fault is told, and False."""
        try:
            await self.ledger.save(self._actor)
        except StorageFault as error:
            self._metrics.unsaved.inc()
            logevents.UNSAVED(self._log, "can't store the prefixes announced: %s", error)
            return False
        return True

    # What arrives

    def _reader(self, link: Link) -> Callable[[], None]:
        def read() -> None:
            for _ in range(MESSAGES_PER_TURN):
                try:
                    data, source, hop_limit = link.socket.receive(MESSAGE_OCTETS_MAX + 1)
                except OSError:
                    return  # nothing more, or the interface went: the watch closes the socket
                self.handle(link, data, source, hop_limit)

        return read

    def handle(self, link: Link, data: bytes, source: Address, hop_limit: int) -> None:
        """Take a message; whatever it is, it is counted and raises nothing."""
        try:
            if kind_of(data) == ROUTER_SOLICITATION:
                read_solicitation(data, hop_limit, unspecified=source.is_unspecified)
                kind = "solicitation"
                self._solicited(link, source)
            else:
                theirs = read_advertisement(data, hop_limit, link_local=source.is_link_local)
                kind = "advertisement"
                self._heard(link, source, theirs)
        except Malformed:
            kind = "malformed"
        self._metrics.received.cell(link.name, kind).inc()

    def _solicited(self, link: Link, source: Address) -> None:
        if link.source is None:
            return
        alone = link.profile.unicast_replies and not source.is_unspecified
        host = source.packed if alone else b""
        if link.schedule.solicited(self._clock.monotonic(), host):
            self.wake()

    def _heard(self, link: Link, source: Address, theirs: Advertisement) -> None:
        if source == link.source:
            return
        found = differences(self.advertisement(link), theirs)
        known = link.routers.get(source)
        heard = Router(self._clock.monotonic(), theirs.lifetime, found)
        if not link.remember(source, heard):
            self._metrics.routers_left_out.inc()
            return
        if found:
            self._metrics.inconsistencies.cell(link.name).inc()
            if known is None or known.differences != found:
                self._tell_difference(link, source, found)

    def _tell_difference(self, link: Link, source: Address, found: tuple[str, ...]) -> None:
        logevents.ROUTER_DIFFERS(
            self._log,
            "on %s, router %s tells hosts something else: %s",
            link.name,
            source,
            "; ".join(found),
            name=link.name,
            router=str(source),
        )
        event = RouterDiffers(interface=link.name, router=str(source), differences=found)
        self._bus.publish(event)


def _resolvers(link: Link) -> frozenset[Address]:
    """The addresses of encrypted resolvers that hosts are told of."""
    return frozenset(each for server in link.profile.encrypted_dns for each in server.servers)

"""What can be done with router advertisements: look at them, and send one now."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.clock import Clock
from microdns.errors import NotFound, Unavailable
from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns_slaac import samples
from microdns_slaac.ledger import Ledger
from microdns_slaac.link import Link
from microdns_slaac.schedule import NEVER
from microdns_slaac.server import Server


class PrefixShown(msgspec.Struct, frozen=True):
    """A prefix as hosts are told of it now."""

    prefix: str
    valid_secs: int
    preferred_secs: int
    deprecated: bool


class RouterShown(msgspec.Struct, frozen=True):
    """Another router on the link, and what it tells otherwise."""

    address: str
    heard_secs_ago: int
    differences: tuple[str, ...]


class AdvertisingShown(msgspec.Struct, frozen=True):
    """How one interface is advertised on.  ``next_secs`` is -1 while nothing can be sent."""

    interface: str
    source: str
    router_lifetime_secs: int
    managed: bool
    other: bool
    prefixes: tuple[PrefixShown, ...]
    dns: tuple[str, ...]
    dns_withdrawn: tuple[str, ...]
    next_secs: float
    routers: tuple[RouterShown, ...]
    summary: str
    """The prefixes in a line, deprecated ones in parentheses."""


class AdvertisingPage(msgspec.Struct, frozen=True):
    """The interfaces that are advertised on."""

    items: tuple[AdvertisingShown, ...]


class AdvertiseInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which interface."""

    interface: Annotated[str, Meta(min_length=1, max_length=15, description="The interface.")]


class Operations:
    """The handlers; empty-handed while the plugin is not running."""

    def __init__(self) -> None:
        self._parts: tuple[Server, Ledger, Clock] | None = None

    def open(self, server: Server, clock: Clock) -> None:
        """Work on these from now on."""
        self._parts = (server, server.ledger, clock)

    def close(self) -> None:
        """Have nothing to work on."""
        self._parts = None

    def declare(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="slaac.list",
                summary="Show what hosts are told by router advertisements, by interface.",
                input=Nothing,
                output=AdvertisingPage,
                handler=self.list,
                scope="slaac:read",
                http="GET /slaac",
                sample=samples.SLAAC_LIST,
                cli=Cli(
                    columns=(
                        Column("INTERFACE", "interface"),
                        Column("FROM", "source"),
                        Column("PREFIXES", "summary"),
                        Column("NEXT", "next_secs"),
                    )
                ),
                examples=("microdns slaac list",),
            ),
            Operation(
                name="slaac.advertise",
                conditional=False,
                summary="Tell all hosts of an interface now.",
                description="At most every three seconds (RFC 4861 6.2.6).",
                input=AdvertiseInput,
                output=AdvertisingShown,
                handler=self.advertise,
                scope="slaac:write",
                http="POST /slaac/{interface}/advertise",
                sample=samples.SLAAC_ADVERTISE,
                rehearses=False,
                examples=("microdns slaac advertise eth0",),
            ),
        ]

    def _part(self) -> tuple[Server, Ledger, Clock]:
        if self._parts is None:
            raise Unavailable("router advertisements are not running")
        return self._parts

    async def list(self, _call: Call, _input: Nothing) -> AdvertisingPage:
        server = self._part()[0]
        links = sorted(server.links.values(), key=lambda link: link.name)
        return AdvertisingPage(tuple(map(self._shown, links)))

    async def advertise(self, _call: Call, given: AdvertiseInput) -> AdvertisingShown:
        server = self._part()[0]
        link = server.links.get(given.interface)
        if link is None:
            raise NotFound(f"interface {given.interface} is not advertised on")
        server.advertise(link.name)
        return self._shown(link)

    def _shown(self, link: Link) -> AdvertisingShown:
        server, _, clock = self._part()
        now = clock.monotonic()
        message = server.advertisement(link)
        prefixes = self._prefixes(link)
        withdrawn = link.withdrawn
        due = link.schedule.due
        return AdvertisingShown(
            interface=link.name,
            source="" if link.source is None else str(link.source),
            router_lifetime_secs=message.lifetime,
            managed=message.managed,
            other=message.other,
            prefixes=prefixes,
            dns=tuple(str(each) for each in link.profile.dns if each not in withdrawn),
            dns_withdrawn=tuple(sorted(map(str, withdrawn))),
            next_secs=-1.0 if due == NEVER else round(max(0.0, due - now), 1),
            routers=tuple(
                RouterShown(str(address), int(now - router.heard), router.differences)
                for address, router in link.routers.items()
            ),
            summary=", ".join(f"({p.prefix})" if p.deprecated else p.prefix for p in prefixes),
        )

    def _prefixes(self, link: Link) -> tuple[PrefixShown, ...]:
        server, ledger, _ = self._part()
        told = ledger.entries(link.name)
        pairs = zip(told, server.prefixes(link), strict=True)
        return tuple(
            PrefixShown(entry.prefix, option.valid, option.preferred, entry.deprecated)
            for entry, option in pairs
        )

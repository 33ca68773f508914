"""``registration.*``: what leases have in DNS, what they could not have, and putting it right."""

from typing import Annotated, Any

import anyio.lowlevel
import msgspec
from msgspec import Meta

from microdns.errors import Invalid, NotFound, Problem, Unavailable
from microdns.logs import format_time
from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns_dhcp.model import address_octets, address_text, lease_key
from microdns_dns.events import RecordChange
from microdns_dns.model import Record
from microdns_dns.rdata import rdata_to_text, type_name
from microdns_registration import samples
from microdns_registration.follower import Follower
from microdns_registration.model import PROBLEMS, REGISTRATIONS, Registration
from microdns_registration.reconcile import Reconciler, Report
from microdns_registration.registrar import Registrar

ROWS_PER_TURN = 500
"""Registrations looked at before other tasks get their turn."""

Offset = Annotated[int, Meta(ge=0, description="Leave out so many items at the beginning.")]
Limit = Annotated[int, Meta(ge=1, le=1000, description="At most so many items.")]


class RegistrationShown(msgspec.Struct, frozen=True):
    """What a lease has in DNS; ``name`` empty: nothing.  ``reason`` is about ``wanted``."""

    ip: str
    name: str
    zone: str
    reverse_zone: str
    ttl: int
    dhcid: str
    wanted: str
    reason: str
    holder: str
    since: str
    """When the conflict began, RFC 3339."""


class RegistrationQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which registrations to show; all conditions must hold."""

    name: Annotated[str, Meta(description="Whose name contains this.")] = ""
    conflicts: Annotated[bool, Meta(description="Only leases that lack the name they want.")] = (
        False
    )
    offset: Offset = 0
    limit: Limit = 100


class ConflictQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which conflicts to show."""

    offset: Offset = 0
    limit: Limit = 100


class RegistrationPage(msgspec.Struct, frozen=True):
    """Some of the registrations; ``total`` counts all that were asked for."""

    items: list[RegistrationShown]
    total: int
    offset: int
    limit: int


class RegistrationKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One lease, by its address."""

    ip: Annotated[str, Meta(min_length=2, max_length=64, description="The address.")]


class RegistrationStatus(msgspec.Struct, frozen=True):
    """How registration stands; ``behind`` counts journal entries that are not settled."""

    names: int
    conflicts: int
    waiting: int
    behind: int
    reconciling: bool


class Reconciled(msgspec.Struct, frozen=True):
    """What a reconciliation found; ``changes`` are zone-file lines behind - and +."""

    leases: int
    registrations: int
    records: int
    repaired: int
    failed: int
    changes: list[str]


COLUMNS = (
    Column("IP", "ip"),
    Column("NAME", "name"),
    Column("TTL", "ttl"),
    Column("WANTED", "wanted"),
    Column("REASON", "reason"),
)
CONFLICT_COLUMNS = (
    Column("IP", "ip"),
    Column("WANTED", "wanted"),
    Column("REASON", "reason"),
    Column("HOLDER", "holder"),
    Column("NAME", "name"),
)
_REASONS = "; ".join(f"`{reason}`: {meaning}" for reason, meaning in sorted(PROBLEMS.items()))


class RegistrationOperations:
    """Handlers of ``registration.*``; without a running plugin they say so."""

    def __init__(self) -> None:
        self._parts: tuple[Registrar, Reconciler, Follower] | None = None

    def open(self, registrar: Registrar, reconciler: Reconciler, follower: Follower) -> None:
        """Work on these from now on."""
        self._parts = (registrar, reconciler, follower)

    def close(self) -> None:
        """Have nothing to work on."""
        self._parts = None

    def _running(self) -> tuple[Registrar, Reconciler, Follower]:
        if self._parts is None:
            raise Unavailable("registration is not running")
        return self._parts

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        return [self._status(), self._list(), self._get(), self._conflicts(), self._reconcile()]

    def _status(self) -> Operation[Nothing, RegistrationStatus]:
        return Operation(
            name="registration.status",
            summary="Show how registration of leases stands.",
            input=Nothing,
            output=RegistrationStatus,
            handler=self.status,
            scope="leases:read",
            http="GET /registrations/status",
            sample=samples.REGISTRATION_STATUS,
        )

    def _list(self) -> Operation[RegistrationQuery, RegistrationPage]:
        return Operation(
            name="registration.list",
            summary="Show what leases have in DNS.",
            input=RegistrationQuery,
            output=RegistrationPage,
            handler=self.list,
            scope="leases:read",
            http="GET /registrations",
            sample=samples.REGISTRATION_LIST,
            cli=Cli(columns=COLUMNS),
            examples=("microdns registration list --name printer",),
        )

    def _get(self) -> Operation[RegistrationKey, RegistrationShown]:
        return Operation(
            name="registration.get",
            summary="Show what one lease has in DNS.",
            input=RegistrationKey,
            output=RegistrationShown,
            handler=self.get,
            scope="leases:read",
            http="GET /registrations/{ip}",
            sample=samples.REGISTRATION_GET,
        )

    def _conflicts(self) -> Operation[ConflictQuery, RegistrationPage]:
        return Operation(
            name="registration.conflicts",
            summary="Show leases that do not have the name they should have, and why.",
            description=f"Reasons: {_REASONS}.",
            input=ConflictQuery,
            output=RegistrationPage,
            handler=self.conflicts,
            scope="leases:read",
            http="GET /registrations/conflicts",
            sample=samples.REGISTRATION_CONFLICTS,
            cli=Cli(columns=CONFLICT_COLUMNS),
        )

    def _reconcile(self) -> Operation[Nothing, Reconciled]:
        return Operation(
            name="registration.reconcile",
            conditional=False,
            summary="Compare DNS with the leases, and put it right.",
            description="It runs by itself at every start. A dry run tells what it would change; "
            "changes that depend on others of its own are told as if they stood alone.",
            input=Nothing,
            output=Reconciled,
            handler=self.reconcile,
            scope="leases:write",
            http="POST /registrations/reconcile",
            sample=samples.REGISTRATION_RECONCILE,
            cli=Cli(render=_rendered),
            examples=("microdns registration reconcile --dry-run",),
        )

    # -- handlers

    async def status(self, call: Call, nothing: Nothing) -> RegistrationStatus:
        registrar, reconciler, follower = self._running()
        progress = registrar.progress
        return RegistrationStatus(
            names=progress.names,
            conflicts=progress.conflicts,
            waiting=follower.waiting,
            behind=follower.behind,
            reconciling=reconciler.running,
        )

    async def list(self, call: Call, query: RegistrationQuery) -> RegistrationPage:
        registrar, _, _ = self._running()
        wanted = query.name.lower()
        items: list[RegistrationShown] = []
        total = 0
        async with registrar.store.snapshot() as snapshot:
            for number, each in enumerate(snapshot.scan(REGISTRATIONS)):
                if number % ROWS_PER_TURN == ROWS_PER_TURN - 1:
                    await anyio.lowlevel.checkpoint()
                if query.conflicts and not each.problem:
                    continue
                if wanted and wanted not in each.target.lower():
                    continue
                if query.offset <= total < query.offset + query.limit:
                    items.append(_shown(each))
                total += 1
        return RegistrationPage(items, total, query.offset, query.limit)

    async def conflicts(self, call: Call, query: ConflictQuery) -> RegistrationPage:
        asked = RegistrationQuery(conflicts=True, offset=query.offset, limit=query.limit)
        return await self.list(call, asked)

    async def get(self, call: Call, key: RegistrationKey) -> RegistrationShown:
        registrar, _, _ = self._running()
        try:
            address = address_octets(key.ip)
        except ValueError as error:
            raise Invalid.of(Problem("ip", str(error))) from None
        found = registrar.store.get(REGISTRATIONS, lease_key(address))
        if found is None:
            raise NotFound(f"the lease of {key.ip} has nothing in DNS")
        return _shown(found)

    async def reconcile(self, call: Call, nothing: Nothing) -> Reconciled:
        _, reconciler, _ = self._running()
        return _reconciled(await reconciler.reconcile(call.dry_run))


def _shown(registration: Registration) -> RegistrationShown:
    since = registration.since_ns
    return RegistrationShown(
        ip=address_text(registration.address),
        name=registration.target if registration.name or registration.reverse else "",
        zone=registration.zone,
        reverse_zone=registration.reverse,
        ttl=registration.ttl,
        dhcid=registration.dhcid.hex(),
        wanted=registration.wanted,
        reason=registration.problem,
        holder=registration.holder,
        since=format_time(since) if since else "",
    )


def _reconciled(report: Report) -> Reconciled:
    lines = [line for zone, change in report.changes for line in _lines(zone, change)]
    return Reconciled(
        leases=report.leases,
        registrations=report.registrations,
        records=report.records,
        repaired=report.repaired,
        failed=report.failed,
        changes=lines,
    )


def _lines(zone: str, change: RecordChange) -> list[str]:
    pairs = (("-", change.before), ("+", change.after))
    return [f"{sign} {_line(zone, record)}" for sign, record in pairs if record is not None]


def _line(zone: str, record: Record) -> str:
    owner = zone if record.name == "@" else f"{record.name}.{zone}"
    data = rdata_to_text(record.type, record.rdata)
    return f"{owner}. {record.ttl} IN {type_name(record.type)} {data}"


def _rendered(value: Any) -> str:
    counts = f"{value['leases']} leases and {value['records']} records compared"
    return "\n".join([*value["changes"], f"{counts}: {value['repaired']} changes"])

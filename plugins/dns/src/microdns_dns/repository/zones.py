"""Everything that changes zones and records, each change one transaction."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import anyio.lowlevel
import anyio.to_thread
import msgspec
from msgspec import UNSET

from microdns.clock import Clock
from microdns.errors import Conflict, Denied, TooLarge
from microdns.events import Principal
from microdns.operations import Call
from microdns.store import Reader, Store, Transaction
from microdns_dns import names
from microdns_dns.events import (
    CHANGES_PER_ENTRY_MAX,
    RecordChange,
    RecordsChanged,
    ZoneCreated,
    ZoneDeleted,
    ZoneUpdated,
)
from microdns_dns.model import (
    CONFIG,
    RECORDS,
    ZONES,
    Record,
    Soa,
    Zone,
    id_key,
    new_ids,
    record_key,
)
from microdns_dns.repository import lookup, serials
from microdns_dns.repository.bulk import (
    BULK_MIN,
    BulkDrafts,
    BulkWriter,
    Preparing,
    settle,
)
from microdns_dns.repository.comparing import compare
from microdns_dns.repository.drafts import (
    Change,
    DeclaredZone,
    Draft,
    Limits,
    Outcome,
    ZoneAlter,
    ZoneContent,
)
from microdns_dns.repository.editing import Edit
from microdns_dns.repository.learning import Learning
from microdns_dns.repository.planning import SLICE, Plan, replacement
from microdns_dns.repository.removing import BulkRemover
from microdns_dns.repository.rules import rank

if TYPE_CHECKING:  # compiled: it may be missing
    from microdns_dns.bulk.run import RecordRun

REPLACED_BY_IMPORT = frozenset({"api", "import", "transfer"})
"""Sources whose records an import replaces: not what is declared, not what is learned."""

CONFIG_PRINCIPAL = Principal("config", interface="config")


class ZoneRepository:
    """The zones and records of the store.

    Every change is checked against the RRset rules, bumps the zone's serial (RFC 1982), is one
    transaction and one run of journal entries.  ``source`` says on whose behalf; who ranks lower
    (learned, below curated, below declared) can't touch what ranks higher.  All changes raise the
    errors of ``microdns.errors``; with ``call.dry_run`` they store nothing and tell the same.
    """

    def __init__(self, store: Store, clock: Clock, limits: Limits | None = None) -> None:
        self.store = store
        self.limits = limits or Limits()
        self._clock = clock
        self._zone_count: int | None = None
        self.preparing: Preparing | None = None
        """Who wants to see a large zone before it is written."""

    def zone(self, ref: str) -> Zone:
        """A zone by name or id, as last written; raises NotFound."""
        return lookup.find_zone(self.store, ref)

    def record(self, ref: str, id: str) -> Record:
        """A record of a zone, as last written; raises NotFound."""
        return lookup.find_record(self.store, self.zone(ref), id)

    def records(
        self, ref: str, owner: str | None = None, type: int | None = None
    ) -> Iterable[Record]:
        """Records of a zone, as last written, in canonical order."""
        return lookup.records_of(self.store, self.zone(ref), owner, type)

    def new_zone(
        self,
        name: str,
        soa: Soa | None = None,
        default_ttl: int = 300,
        source: str = "api",
        origin: str = "",
    ) -> Zone:
        """A zone to be created; without an SOA, one with the usual names and times."""
        now = self._clock.time_ns()
        if soa is None:
            below = "" if name == "." else f".{name}"
            soa = Soa(f"ns1{below}", f"hostmaster{below}", serial=serials.first(now))
        return Zone(
            id=new_ids(1, now)[0],
            name=name,
            soa=soa,
            default_ttl=default_ttl,
            source=source,
            origin=origin,
            created_ns=now,
            updated_ns=now,
        )

    def first_serial(self) -> int:
        """The serial for a zone that comes without one."""
        return serials.first(self._clock.time_ns())

    async def create_zone(self, call: Call, zone: Zone, drafts: Sequence[Draft] = ()) -> Outcome:
        """Create a zone made by ``new_zone``, with records (their names normal, as an import's).

        Raises Conflict when a zone of this name exists.
        """
        plan = self._plan(zone, zone.source, zone.origin)
        await replacement(plan, (), list(drafts), _none)
        plan.settle(self.limits.rrset_octets_max)
        async with self._transaction(call) as tx:
            return await self._write_new(tx, call, plan)

    async def update_zone(self, call: Call, ref: str, alter: ZoneAlter) -> Outcome:
        """Change a zone's own settings.  An SOA with a newer serial brings it; others bump."""
        async with self._transaction(call) as tx:
            zone = self._writable(tx, call, ref)
            _refuse_declared(zone, "changed")
            soa = None if alter.soa is UNSET else alter.soa
            ttl = None if alter.default_ttl is UNSET else alter.default_ttl
            return await self._write(tx, call, self._plan(zone, "api", ""), soa, ttl)

    async def delete_zone(self, call: Call, ref: str) -> Zone:
        """Delete a zone and all its records; raises Denied for a declared one."""
        async with self._transaction(call) as tx:
            zone = self._writable(tx, call, ref)
            _refuse_declared(zone, "deleted")
            await self._delete(tx, call, zone)
        return zone

    async def change(
        self,
        call: Call,
        ref: str,
        changes: Sequence[Change],
        *,
        source: str = "api",
        origin: str = "",
    ) -> Outcome:
        """Change some records of a zone, all or none.  ``call.if_version`` is the zone's."""
        if len(changes) > self.limits.changes_max:
            raise TooLarge(f"{len(changes)} changes; {self.limits.changes_max} is the most at once")
        async with self._transaction(call) as tx:
            plan = self._plan(self._writable(tx, call, ref), source, origin)
            await Edit(tx, plan).apply(changes)
            plan.settle(self.limits.rrset_octets_max)
            return await self._write(tx, call, plan)

    async def replace_zone(
        self, call: Call, content: ZoneContent, *, source: str = "import", origin: str = ""
    ) -> Outcome:
        """Make a zone what a zone file or a transfer says, with the fewest changes; or create it.

        Declared and learned records stay (unless the rules make learned ones give way), as do
        disabled ones.  A declared zone keeps its own settings.
        """

        def replaces(record: Record) -> bool:
            return record.enabled and record.source in REPLACED_BY_IMPORT

        name = names.from_text(content.name)
        drafts = content.drafts
        warnings: list[str] = []
        if isinstance(drafts, BulkDrafts) and len(drafts) >= BULK_MIN:
            warnings = await settle(drafts.run, self.limits.rrset_octets_max)
            if lookup.zone_named(self.store, name) is None:
                zone = self.new_zone(content.name, content.soa, content.default_ttl, source, origin)
                return await self._create_bulk(call, zone, drafts.run, warnings)
        plan, version = await self._replacement(self.store, name, content, source, origin, replaces)
        async with self._transaction(call) as tx:
            if self._zone_version(tx, name) != version:  # changed while we were comparing
                plan, version = await self._replacement(tx, name, content, source, origin, replaces)
            plan.warnings += warnings
            lookup.check_version(version, call.if_version)
            if version is None:
                return await self._write_new(tx, call, plan)
            if plan.zone.source == CONFIG and source != CONFIG:
                plan.warn(f"{plan.zone.name} is declared in the configuration: its SOA stays")
                return await self._write(tx, call, plan)
            return await self._write(tx, call, plan, content.soa, content.default_ttl)

    async def _create_bulk(
        self, call: Call, zone: Zone, run: "RecordRun", warnings: list[str]
    ) -> Outcome:
        """Create a zone of very many records, which need not be in memory one by one."""
        lookup.check_version(None, call.if_version)
        zone = msgspec.structs.replace(zone, record_count=run.kept)
        self._refuse_too_many_records(zone)
        if self.preparing is not None and not call.dry_run:
            await anyio.to_thread.run_sync(self.preparing.prepare, zone, run)
        try:
            async with self._transaction(call) as tx:
                if lookup.zone_named(tx, names.from_text(zone.name)) is not None:
                    raise Conflict(f"the zone {zone.name} was created meanwhile")
                self._refuse_too_many_zones(tx)
                tx.insert(ZONES, zone)
                tx.emit(ZoneCreated(zone=zone))
                writer = BulkWriter(tx, zone, run, call.progress)
                await writer.write()
                self._count_zones(call, +1)
        finally:
            if self.preparing is not None:
                self.preparing.give_up(zone.id)
        changes = [RecordChange(None, record) for record in writer.sample()]
        more = run.kept - len(changes)
        return Outcome(zone, tx.transaction, changes, True, 0, tuple(warnings), more)

    async def _replacement(
        self,
        reader: Reader,
        name: bytes,
        content: ZoneContent,
        source: str,
        origin: str,
        replaces: Callable[[Record], bool],
    ) -> tuple[Plan, int | None]:
        """What a replacement would do, and the version of the zone for which that holds."""
        zone = lookup.zone_named(reader, name)
        if zone is None:
            zone = self.new_zone(content.name, content.soa, content.default_ttl, source, origin)
            plan = self._plan(zone, source, origin)
            await replacement(plan, (), content.drafts, replaces)
            plan.settle(self.limits.rrset_octets_max)
            return plan, None
        plan = self._plan(zone, source, origin)
        version = reader.version(ZONES, id_key(zone.id))
        await self._match(reader, plan, content.drafts, REPLACED_BY_IMPORT, replaces)
        return plan, version

    async def _match(
        self,
        reader: Reader,
        plan: Plan,
        drafts: Sequence[Draft],
        sources: AbstractSet[str],
        replaces: Callable[[Record], bool],
    ) -> None:
        """Plan that a zone which is there has these drafts in place of what ``replaces`` picks.

        ``sources`` are those of the records that it may pick.
        """
        existing = lookup.records_of(reader, plan.zone)
        if isinstance(drafts, BulkDrafts) and len(drafts) >= BULK_MIN:
            different = await compare(reader, plan.zone, drafts, sources)
            plan.same, drafts = different.same, different.drafts
            existing = iter(different.records)
        await replacement(plan, existing, drafts, replaces)
        plan.settle(self.limits.rrset_octets_max)

    async def sync_records(
        self, call: Call, ref: str, drafts: Sequence[Draft], *, source: str, origin: str
    ) -> Outcome:
        """Make these drafts the zone's only records of this source and origin.

        Of others, nothing changes, but that lower ranks give way.  An automatic source adds
        nothing to curated RRsets: the outcome's warnings name what was left out.
        """

        def replaces(record: Record) -> bool:
            return record.source == source and record.origin == origin

        async with self._transaction(call) as tx:
            plan = self._plan(self._writable(tx, call, ref), source, origin)
            await replacement(plan, lookup.records_of(tx, plan.zone), list(drafts), replaces)
            plan.settle(self.limits.rrset_octets_max)
            return await self._write(tx, call, plan)

    @asynccontextmanager
    async def learning(self, call: Call, source: str) -> AsyncIterator[Learning]:
        """Change an automatic source's records in any zones; leaving the block means durable.

        Raises the errors of ``microdns.errors``, and then nothing has happened.
        """
        async with self._transaction(call) as tx:
            learning = Learning(self, tx, source, self._clock.time_ns())
            yield learning
            await learning.write(call)

    async def write_plan(
        self, tx: Transaction, call: Call, plan: Plan, *, new: bool = False
    ) -> Outcome:
        """Hold a plan against the rules and write it; ``new`` says that its zone is to be made."""
        plan.settle(self.limits.rrset_octets_max)
        if new:
            return await self._write_new(tx, call, plan)
        return await self._write(tx, call, plan)

    async def declare(self, declared: Iterable[DeclaredZone]) -> list[Outcome]:
        """Apply what the configuration declares, and forget what it declares no longer.

        Declared beats remembered: a zone of the same name becomes declared, with its records.
        A zone that is declared no longer goes, unless it holds records of other sources: then it
        becomes the API's.
        """
        call = Call(CONFIG_PRINCIPAL)
        outcomes: list[Outcome] = []
        present: set[bytes] = set()
        for one in declared:
            present.add(names.fold(names.from_text(one.name)))
            outcomes.append(await self._declare_one(call, one))
        for zone in list(lookup.all_zones(self.store)):
            if zone.source == CONFIG and names.fold(names.from_text(zone.name)) not in present:
                await self._undeclare(call, zone)
        return outcomes

    async def _declare_one(self, call: Call, declared: DeclaredZone) -> Outcome:
        drafts = declared.drafts
        warnings: list[str] = []
        if isinstance(drafts, BulkDrafts) and len(drafts) >= BULK_MIN:
            warnings = await settle(drafts.run, self.limits.rrset_octets_max)
            if lookup.zone_named(self.store, names.from_text(declared.name)) is None:
                zone = self._declared_zone(declared)
                return await self._create_bulk(call, zone, drafts.run, warnings)
        else:
            drafts = list(drafts)
        async with self._transaction(call) as tx:
            known = lookup.zone_named(tx, names.from_text(declared.name))
            if known is None:
                plan = self._plan(self._declared_zone(declared), CONFIG)
                await replacement(plan, (), drafts, _none)
                plan.settle(self.limits.rrset_octets_max)
                return await self._write_new(tx, call, plan)
            plan = self._plan(known, CONFIG)
            await self._match(tx, plan, drafts, {CONFIG}, _declared)
            plan.warnings += warnings
            return await self._write(
                tx, call, plan, declared.soa, declared.default_ttl, source=CONFIG
            )

    def _declared_zone(self, declared: DeclaredZone) -> Zone:
        ttl = 300 if declared.default_ttl is None else declared.default_ttl
        soa = declared.soa
        if soa is not None and soa.serial == 0:
            soa = msgspec.structs.replace(soa, serial=self.first_serial())
        return self.new_zone(declared.name, soa, ttl, CONFIG)

    async def _undeclare(self, call: Call, zone: Zone) -> None:
        async with self._transaction(call) as tx:
            plan = self._plan(zone, CONFIG)
            await replacement(plan, lookup.records_of(tx, zone), [], _declared)
            if plan.kept:
                await self._write(tx, call, plan, source="api")
            else:
                await self._delete(tx, call, zone)

    def _transaction(self, call: Call) -> "_Changing":
        return _Changing(self, self.store.transaction(call.principal, call.dry_run))

    def forget_count(self) -> None:
        """Count the zones anew when it matters: a transaction failed that may have counted."""
        self._zone_count = None

    def _plan(self, zone: Zone, source: str, origin: str = "") -> Plan:
        return Plan(zone, source, origin, self._clock.time_ns())

    def _writable(self, tx: Transaction, call: Call, ref: str) -> Zone:
        """The zone, at the version that the caller wants."""
        zone = lookup.find_zone(tx, ref)
        if call.if_version is not None:
            lookup.check_version(tx.version(ZONES, id_key(zone.id)), call.if_version)
        return zone

    def _zone_version(self, reader: Reader, name: bytes) -> int | None:
        zone = lookup.zone_named(reader, name)
        return None if zone is None else reader.version(ZONES, id_key(zone.id))

    async def _write_new(self, tx: Transaction, call: Call, plan: Plan) -> Outcome:
        """Write a zone that is not there yet, with what the plan adds."""
        name = names.from_text(plan.zone.name)
        if lookup.zone_named(tx, name) is not None:
            raise Conflict(f"the zone {plan.zone.name} exists already")
        self._refuse_too_many_zones(tx)
        zone = msgspec.structs.replace(plan.zone, record_count=len(plan.added))
        self._refuse_too_many_records(zone)
        tx.insert(ZONES, zone)
        tx.emit(ZoneCreated(zone=zone))
        await self._write_records(tx, call, plan)
        changes = plan.changes()
        _emit_changes(tx, zone, zone, changes)
        self._count_zones(call, +1)
        return Outcome(zone, tx.transaction, changes, True, 0, tuple(plan.warnings))

    async def _write(
        self,
        tx: Transaction,
        call: Call,
        plan: Plan,
        soa: Soa | None = None,
        default_ttl: int | None = None,
        *,
        source: str | None = None,
    ) -> Outcome:
        """Write what the plan and the settings change, if anything."""
        before, changes = plan.zone, plan.changes()
        kept, warnings = plan.same + len(plan.kept), tuple(plan.warnings)
        settled = _with_settings(before, soa, default_ttl, source)
        newer = serials.brings_newer(before.soa, soa)
        if not changes and settled == before and not newer:
            version = tx.version(ZONES, id_key(before.id)) or 0
            return Outcome(before, version, [], False, kept, warnings)
        after = msgspec.structs.replace(
            settled,
            soa=msgspec.structs.replace(settled.soa, serial=serials.following(before.soa, soa)),
            record_count=before.record_count + len(plan.added) - len(plan.removed),
            updated_ns=plan.time_ns,
        )
        self._refuse_too_many_records(after)
        await self._write_records(tx, call, plan)
        tx.put(ZONES, after)
        if settled != before or not changes:
            tx.emit(ZoneUpdated(before=before, after=after))
        _emit_changes(tx, after, before, changes)
        return Outcome(after, tx.transaction, changes, False, kept, warnings)

    async def _write_records(self, tx: Transaction, call: Call, plan: Plan) -> None:
        pace = _Pace(call, len(plan.removed) + len(plan.altered) + len(plan.added))
        for record in plan.removed:
            tx.delete(RECORDS, record_key(record))
            await pace.done()
        for before, after in plan.altered:
            if record_key(before) != record_key(after):
                tx.delete(RECORDS, record_key(before))
            tx.put(RECORDS, after)
            await pace.done()
        for start in range(0, len(plan.added), SLICE):
            part = plan.added[start : start + SLICE]
            tx.insert_fresh(RECORDS, part)
            await pace.done(len(part))

    async def _delete(self, tx: Transaction, call: Call, zone: Zone) -> None:
        if zone.record_count >= BULK_MIN:
            await BulkRemover(tx, zone, call.progress).remove()
            tx.delete(ZONES, id_key(zone.id))
            tx.emit(ZoneDeleted(zone=zone))
            self._count_zones(call, -1)
            return
        plan = self._plan(zone, CONFIG)
        await replacement(plan, lookup.records_of(tx, zone), [], _all)
        await self._write_records(tx, call, plan)
        tx.delete(ZONES, id_key(zone.id))
        _emit_changes(tx, zone, zone, plan.changes())
        tx.emit(ZoneDeleted(zone=zone))
        self._count_zones(call, -1)

    def _refuse_too_many_records(self, zone: Zone) -> None:
        most = self.limits.records_per_zone_max
        if zone.record_count > most:
            raise TooLarge(
                f"{zone.name} would have {zone.record_count} records; {most} is the most"
            )

    def _refuse_too_many_zones(self, tx: Transaction) -> None:
        if self._zone_count is None:
            self._zone_count = sum(1 for _ in tx.scan(ZONES))
        if self._zone_count >= self.limits.zones_max:
            raise TooLarge(f"there are {self._zone_count} zones; no more are allowed")

    def _count_zones(self, call: Call, change: int) -> None:
        """Keep the count in step with what is written."""
        if self._zone_count is not None and not call.dry_run:
            self._zone_count += change


class _Changing:
    """A transaction of a repository, whose failure makes it count its zones anew."""

    __slots__ = ("_repository", "_tx")

    def __init__(self, repository: ZoneRepository, tx: Transaction) -> None:
        self._repository = repository
        self._tx = tx

    async def __aenter__(self) -> Transaction:
        return await self._tx.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._repository.forget_count()
        try:
            await self._tx.__aexit__(kind, error, trace)
        except BaseException:
            self._repository.forget_count()
            raise


class _Pace:
    """Lets others run, and tells the caller, every so often in long work."""

    def __init__(self, call: Call, total: int) -> None:
        self._call = call
        self._total = total
        self._done = 0
        self._told = 0

    async def done(self, count: int = 1) -> None:
        """Count what was done."""
        self._done += count
        ended = self._told > 0 and self._done == self._total
        if self._done - self._told >= SLICE or ended:
            self._told = self._done
            self._call.progress(self._done, self._total, "records")
            await anyio.lowlevel.checkpoint()


def _emit_changes(tx: Transaction, after: Zone, before: Zone, changes: list[RecordChange]) -> None:
    for start in range(0, len(changes), CHANGES_PER_ENTRY_MAX):
        tx.emit(
            RecordsChanged(
                zone_id=after.id,
                zone=after.name,
                serial_before=before.soa.serial,
                serial_after=after.soa.serial,
                listed=changes[start : start + CHANGES_PER_ENTRY_MAX],
                updated_before_ns=before.updated_ns,
            )
        )


def _with_settings(
    zone: Zone, soa: Soa | None, default_ttl: int | None, source: str | None
) -> Zone:
    """The zone with new settings, its serial as it is."""
    return msgspec.structs.replace(
        zone,
        soa=zone.soa if soa is None else msgspec.structs.replace(soa, serial=zone.soa.serial),
        default_ttl=zone.default_ttl if default_ttl is None else default_ttl,
        source=zone.source if source is None else source,
    )


def _refuse_declared(zone: Zone, verb: str) -> None:
    if rank(zone.source) > rank("api"):
        raise Denied(f"{zone.name} is declared in the configuration: it can be {verb} only there")


def _none(_record: Record) -> bool:
    return False


def _all(_record: Record) -> bool:
    return True


def _declared(record: Record) -> bool:
    return record.source == CONFIG

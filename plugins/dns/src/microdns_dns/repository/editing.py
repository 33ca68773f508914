"""Changes of single records, applied to a plan one after the other."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import anyio.lowlevel
import msgspec
from msgspec import UNSET

from microdns.errors import Conflict, Denied, Invalid, MicroDNSError, NotFound, Problem
from microdns.store import Transaction
from microdns_dns import names
from microdns_dns.model import (
    AUTOMATIC,
    CONFIG,
    RECORDS,
    TTL_MAX,
    Record,
    id_key,
    new_ids,
    owner_prefix,
    record_key,
    zone_origin,
)
from microdns_dns.rdata import type_name
from microdns_dns.rdata.numbers import AAAA, CNAME, MX, NS, SOA, TARGETS, A, is_data
from microdns_dns.repository.drafts import Add, Alter, Change, Draft, Remove, RemoveMatching
from microdns_dns.repository.lookup import check_version, find_record
from microdns_dns.repository.planning import SLICE, Plan, identity
from microdns_dns.repository.rules import rank, target_problem

_CHECKED_TYPES = frozenset({A, AAAA, CNAME})
"""Types whose records may have a health check: those that lead to an address."""

_NO_ALIASES = frozenset({NS, MX})

_WHOLE_ZONE_FACTOR = 3
"""A zone with fewer records per change by id than this is read at once: that costs less than to
look for each."""

Owner = dict[str, Record]


class Edit:
    """Several changes of one zone's records.

    Reads the owners concerned before anything is written, and keeps what they hold in memory, so
    that later changes see earlier ones.
    """

    def __init__(self, tx: Transaction, plan: Plan) -> None:
        self._tx = tx
        self._plan = plan
        self._zone = plan.zone
        self._origin = zone_origin(plan.zone)
        self._before: dict[str, Record] = {}
        self._now: dict[str, Record] = {}
        self._owners: dict[str, Owner] = {}
        self._whole = False

    async def apply(self, changes: Sequence[Change]) -> None:
        """Fill the plan; raises the first change's error, with its place when there are several."""
        by_id = sum([isinstance(change, (Alter, Remove)) for change in changes])
        if self._zone.record_count <= _WHOLE_ZONE_FACTOR * by_id:
            self._load(self._tx.scan(RECORDS, id_key(self._zone.id)))
            self._whole = True
        ids = new_ids(len(changes), self._plan.time_ns)
        for start in range(0, len(changes), SLICE):
            if start:
                await anyio.lowlevel.checkpoint()
            part = changes[start : start + SLICE]
            self._read_owners(part)
            for number, change in enumerate(part, start):
                try:
                    self._apply_one(change, ids[number])
                except MicroDNSError as error:
                    raise _placed(error, number, len(changes)) from None
        self._refuse_aliases()
        self._fill_plan()

    def _apply_one(self, change: Change, id: str) -> None:
        if isinstance(change, Add):
            self._add(change.draft, id)
        elif isinstance(change, Alter):
            self._alter(change)
        elif isinstance(change, Remove):
            self._remove([self._known(change.id, change.if_version)])
        else:
            self._remove_matching(change)

    def _add(self, draft: Draft, id: str) -> None:
        record = self._checked(self._plan.record(draft, id))
        owner = self._owner(record.name)
        self._refuse_twice(owner, record)
        if record.source in AUTOMATIC:
            self._refuse_shadowing(owner, record)
        self._put(owner, record)

    def _alter(self, change: Alter) -> None:
        before = self._known(change.id, change.if_version)
        self._refuse_outranked(before, "changed")
        after = msgspec.structs.replace(before, **_given(change, self._zone.default_ttl))
        after = self._checked(after, before)
        self._drop(before)
        owner = self._owner(after.name)
        self._refuse_twice(owner, after)
        self._put(owner, after)

    def _remove_matching(self, change: RemoveMatching) -> None:
        name = self._normal(change.name)
        found = [record for record in self._owner(name).values() if _matches(record, change)]
        if not found:
            kind = "" if change.type is None else f"{type_name(change.type)} "
            raise NotFound(f"{name} in {self._zone.name} has no such {kind}record")
        self._remove(found)

    def _remove(self, records: list[Record]) -> None:
        for record in records:
            self._refuse_outranked(record, "removed")
            self._drop(record)

    def _known(self, id: str, if_version: int | None) -> Record:
        """The record as it is now; raises NotFound, and Conflict when it has another version."""
        if id not in self._before and id not in self._now:
            self._owner(self._found(id).name)
        record = self._now.get(id)
        if record is None:
            raise NotFound(f"{self._zone.name} has no record {id}")
        if if_version is not None:
            stored = self._before.get(id, record)
            check_version(self._tx.version(RECORDS, record_key(stored)), if_version)
        return record

    def _found(self, id: str) -> Record:
        return find_record(self._tx, self._zone, id)

    def _owner(self, name: str) -> Owner:
        """The records of an owner by id, read when first asked for."""
        folded = name.lower()
        found = self._owners.get(folded)
        if found is None:
            found = self._owners[folded] = {}
            if not self._whole:
                self._load(self._tx.scan(RECORDS, owner_prefix(self._zone.id, name)))
        return found

    def _read_owners(self, changes: Sequence[Change]) -> None:
        """Read the owners of several changes at once, where they are known without a check."""
        if self._whole or len(changes) == 1:
            return
        prefixes: list[bytes] = []
        for change in changes:
            name = change.draft.name if isinstance(change, Add) else self._name_of(change)
            if _is_plain(name):
                folded = name.lower()
                if folded not in self._owners:
                    self._owners[folded] = {}
                    prefixes.append(owner_prefix(self._zone.id, name))
        self._load(self._tx.scan_each(RECORDS, prefixes))

    def _name_of(self, change: Alter | Remove | RemoveMatching) -> str:
        """The owner that a change is about; nothing where there is no such record."""
        if isinstance(change, RemoveMatching):
            return change.name
        with suppress(NotFound):
            return (self._now.get(change.id) or self._found(change.id)).name
        return ""

    def _load(self, records: Iterable[Record]) -> None:
        for record in records:
            self._before[record.id] = record
            self._put(self._owners.setdefault(record.name.lower(), {}), record)

    def _put(self, owner: Owner, record: Record) -> None:
        self._now[record.id] = owner[record.id] = record

    def _drop(self, record: Record) -> None:
        del self._now[record.id]
        del self._owners[record.name.lower()][record.id]

    def _fill_plan(self) -> None:
        plan = self._plan
        for id, before in self._before.items():
            now = self._now.get(id)
            if now is None:
                plan.removed.append(before)
            elif now is before:
                plan.kept.append(before)
            else:
                plan.alter(before, now)
        plan.added += [record for id, record in self._now.items() if id not in self._before]

    def _normal(self, name: str) -> str:
        """The name as records hold it; raises Invalid."""
        if _is_plain(name) and len(name) + len(self._origin) < names.NAME_MAX:
            return name
        try:
            relative = names.to_relative_text(names.from_text(name, self._origin), self._origin)
        except ValueError as error:
            raise Invalid.of(Problem("name", str(error))) from None
        if relative.endswith(".") and not relative.endswith("\\."):
            raise Invalid.of(Problem("name", f"{name} is outside of the zone {self._zone.name}"))
        return relative

    def _checked(self, record: Record, before: Record | None = None) -> Record:
        """The record with its name as records hold it; raises Invalid."""
        name = self._normal(record.name)
        problems: list[Problem] = []
        if record.type == SOA or not is_data(record.type):
            problems.append(Problem("data.type", _no_data(record.type)))
        if not 0 <= record.ttl <= TTL_MAX:
            problems.append(Problem("ttl", f"must be from 0 to {TTL_MAX} seconds"))
        if before is None or before.rdata != record.rdata:
            wrong = target_problem(record.type, record.rdata)
            problems += [Problem("data.data", wrong)] if wrong else []
        if record.health_check is not None and record.type not in _CHECKED_TYPES:
            problems.append(Problem("health_check", "is for A, AAAA and CNAME records"))
        if problems:
            raise Invalid.of(*problems)
        return record if name == record.name else msgspec.structs.replace(record, name=name)

    def _refuse_aliases(self) -> None:
        """Name servers and mail exchangers are no aliases (RFC 2181 10.3), as far as is known here.

        Looked at when all changes are made, since one may take the alias away.  Imports take what
        the file says, as other servers do.
        """
        naming = [one for one in self._now.values() if one.type in _NO_ALIASES and one.enabled]
        for record in naming:
            before = self._before.get(record.id)
            if before is not None and before.enabled and before.rdata == record.rdata:
                continue
            at = TARGETS[record.type]
            target = record.rdata[at : names.wire_end(record.rdata, at)]
            if not names.is_subdomain(target.lower(), self._origin.lower()):
                continue
            name = names.to_relative_text(target, self._origin)
            if any(each.type == CNAME and each.enabled for each in self._owner(name).values()):
                message = (
                    f"{name} is an alias (it has a CNAME): {type_name(record.type)} records name "
                    "hosts themselves (RFC 2181 10.3)"
                )
                raise Invalid.of(Problem("data.data", message))

    def _refuse_twice(self, owner: Owner, record: Record) -> None:
        if not owner:
            return
        same = identity(record.name, record.type, record.rdata)
        for other in owner.values():
            if (
                other.type == record.type
                and identity(other.name, other.type, other.rdata) == same
                and rank(other.source) >= rank(record.source)
            ):
                kind = type_name(record.type)
                raise Conflict(f"{record.name} has this {kind} record already: {other.id}")

    def _refuse_shadowing(self, owner: Owner, record: Record) -> None:
        for other in owner.values():
            if other.type == record.type and other.source not in AUTOMATIC and other.enabled:
                raise Conflict(
                    f"{record.name} {type_name(record.type)} is curated (source {other.source}): "
                    f"{record.source} can't add to it"
                )

    def _refuse_outranked(self, record: Record, verb: str) -> None:
        if rank(record.source) <= rank(self._plan.source):
            return
        what = f"{record.name} {type_name(record.type)} of {self._zone.name}"
        if record.source == CONFIG:
            raise Denied(f"{what} is declared in the configuration: it can be {verb} only there")
        raise Denied(f"{what} is curated (source {record.source}): it can't be {verb} by a machine")


_is_plain = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*").fullmatch
"""Whether a name surely is as records hold it: labels of common characters, no dot at the end."""


def _given(change: Alter, default_ttl: int) -> dict[str, Any]:
    """The fields that a change sets."""
    given = {
        field: value
        for field in ("name", "type", "rdata", "ttl", "enabled", "comment", "health_check")
        if (value := getattr(change, field)) is not UNSET
    }
    if "ttl" in given and given["ttl"] is None:
        given["ttl"] = default_ttl
    return given


def _matches(record: Record, change: RemoveMatching) -> bool:
    if change.type is None or record.type != change.type:
        return change.type is None
    if change.rdata is None:
        return True
    wanted = identity(record.name, record.type, change.rdata)
    return identity(record.name, record.type, record.rdata) == wanted


def _no_data(type: int) -> str:
    if type == SOA:
        return "the SOA belongs to the zone: change it there"
    return f"{type_name(type)} is not a type that a zone may hold"


def _placed(error: MicroDNSError, number: int, count: int) -> MicroDNSError:
    """The error, saying which of several changes it is about."""
    if count == 1:
        return error
    place = f"changes[{number}]"
    if isinstance(error, Invalid):
        return Invalid.of(
            *[Problem(f"{place}.{each.path}", each.message) for each in error.problems]
        )
    return type(error)(f"{place}: {error}")

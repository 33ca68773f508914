"""Which answers a change would change: the questions it may touch, asked before and after it.

Nobody can ask everything, so questions are chosen: names whose records change, names that come to
exist or cease to, with what a wildcard says in their place, all that is below a delegation, a DNAME
or a zone that comes or goes, and aliases in the same zone that lead to a changed name.  Each is
answered by the real algorithm, from the views as they are and as they would be.

Callers with limits are asked for nothing but names, types and zones within them, so that neither
the questions nor their number tell of others; an answer that ``explain`` would hide from them is
hidden here, and then counts as changed, whatever it is.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

import anyio.lowlevel
import msgspec

from microdns.events import Entry, Event, Principal
from microdns.operations.rehearsal import Consequence
from microdns.store import Reader, Store
from microdns_auth.answer import answer
from microdns_auth.explain import explain
from microdns_dns import names
from microdns_dns.events import RecordsChanged, ZoneCreated, ZoneDeleted, ZoneUpdated
from microdns_dns.explaining import Decision
from microdns_dns.limits import sees_record, sees_zone
from microdns_dns.message import Query, Reply, Transport, parse_query
from microdns_dns.message.query import HEADER
from microdns_dns.message.reply import Owned
from microdns_dns.model import RECORDS, Record, id_key, owner_prefix
from microdns_dns.protocol import RCODE_NAMES, RRClass, RRType
from microdns_dns.rdata import rdata_to_text, type_name
from microdns_dns.supposing import suppose
from microdns_dns.view import Views, ZoneView

CHANGES_MAX: Final = 10_000
"""Changes of records beyond which answers are not compared."""
QUESTIONS_MAX: Final = 1_000
SCANNED_MAX: Final = 10_000
"""Records that are looked at to find the names below a cut, or the aliases of a zone."""
SHOWN_MAX: Final = 100
DATA_MAX: Final = 20
"""Records of one answer that are shown."""
_PER_TURN: Final = 50
_SCANNED_PER_TURN: Final = 500
_ANY_HOST: Final = (RRType.A, RRType.AAAA)
"""Asked of names that come, go or become aliases, in place of every type there is."""
_MUTE: Final = frozenset({RRType.AXFR, RRType.IXFR, RRType.ANY})
NOTE: Final = (
    f"of at most {QUESTIONS_MAX:,} questions, about names with records and aliases in the same "
    "zone; serials, referrals and additional records are not compared"
)
_log = logging.getLogger("microdns.auth")

_WILDCARD: Final = b"\1*"
_CUTS: Final = frozenset({RRType.CNAME, RRType.DNAME, RRType.NS})
"""Types that change what other types of the name, or names below it, get."""

Question = tuple[bytes, int]
"""A folded name and a type."""


class AnswerShown(msgspec.Struct, frozen=True):
    """An answer: ``rcode`` is empty where no zone here holds the name; some of its ``records``."""

    rcode: str
    aa: bool
    records: list[str]
    count: int


class AnswerChange(msgspec.Struct, frozen=True):
    """A question whose answer would be another one; None hides what the caller may not see."""

    name: str
    type: str
    before: AnswerShown | None
    after: AnswerShown | None


class Foreseer:
    """Compares the answers of dry runs."""

    def __init__(self, views: Views, store: Store) -> None:
        self._views = views
        self._store = store

    async def foresee(self, entries: Sequence[Entry], principal: Principal) -> Consequence | None:
        """The answers that these entries would change; None when they are not about zones."""
        events = [entry.event for entry in entries if _is_ours(entry.event)]
        if not events:
            return None
        if sum(map(_size, events)) > CHANGES_MAX:
            note = f"not compared: more than {CHANGES_MAX:,} records would change"
            return _consequence([], note)
        after = suppose(self._views, events, _log)
        asked = _Questions(self._views, after, self._store, principal)
        await asked.find_aliases(events)
        found: list[AnswerChange] = []
        for number, question in enumerate(itertools.islice(asked.about(events), QUESTIONS_MAX)):
            if number % _PER_TURN == _PER_TURN - 1:
                await anyio.lowlevel.checkpoint()
            change = _compared(question, self._views, after, principal)
            if change is not None:
                found.append(change)
        return _consequence(found, NOTE)


def _consequence(found: list[AnswerChange], note: str) -> Consequence:
    shown = found[:SHOWN_MAX]
    lines = [_line(each) for each in shown]
    return Consequence("answers", "answers that would change", shown, lines, len(found), note)


def _line(change: AnswerChange) -> str:
    before, after = (_told(each, change.name) for each in (change.before, change.after))
    return f"{change.name} {change.type}: {before} -> {after}"


def _told(shown: AnswerShown | None, name: str) -> str:
    """An answer in a few words; the name asked for is not repeated before its own records."""
    if shown is None:
        return "(not for this key)"
    if not shown.rcode:
        return "not ours"
    if not shown.records and shown.rcode == "NOERROR":
        return "no data" if shown.aa else "referral"
    told = [record.removeprefix(f"{name} ") for record in shown.records]
    told += [f"{shown.count - len(told)} more"] * (shown.count > len(told))
    return ", ".join(told + [shown.rcode] * (shown.rcode != "NOERROR"))


def _is_ours(event: Event) -> bool:
    return isinstance(event, ZoneCreated | ZoneUpdated | ZoneDeleted | RecordsChanged)


def _size(event: Event) -> int:
    """How many changes of records an event tells, large imports unopened."""
    if not isinstance(event, RecordsChanged):
        return 1
    return len(event.listed) + (0 if bytes(event.packed) == b"\xc0" else 1_000)


class _Questions:
    """Chooses what is asked; each question comes once, and only those for the caller."""

    def __init__(self, before: Views, after: Views, reader: Reader, principal: Principal) -> None:
        self._before = before
        self._after = after
        self._reader = reader
        self._principal = principal
        self._seen: set[Question] = set()
        self._aliases: dict[bytes, list[bytes]] = {}
        """Folded names of aliases by the names that they lead to."""

    async def find_aliases(self, events: Iterable[Event]) -> None:
        """Look for aliases in the zones whose records change."""
        zones = {event.zone_id: event.zone for event in events if isinstance(event, RecordsChanged)}
        for zone_id, zone in zones.items():
            origin = names.fold(names.from_text(zone))
            records = self._reader.scan(RECORDS, id_key(zone_id), limit=SCANNED_MAX)
            for number, record in enumerate(records, 1):
                if number % _SCANNED_PER_TURN == 0:
                    await anyio.lowlevel.checkpoint()
                if record.type == RRType.CNAME and self._sees(zone, record):
                    alias = _question(record, origin)[0]
                    self._aliases.setdefault(names.fold(record.rdata), []).append(alias)

    def about(self, events: Iterable[Event]) -> Iterator[Question]:
        """The questions that these events may touch."""
        for event in events:
            match event:
                case RecordsChanged():
                    origin = names.fold(names.from_text(event.zone))
                    for change in event.changes:
                        for record in (change.before, change.after):
                            if record is not None:
                                question = _question(record, origin)
                                yield from self._new(self._of_record(question, origin, event))
                case ZoneUpdated(after=zone):
                    yield from self._new([(names.fold(names.from_text(zone.name)), RRType.SOA)])
                case ZoneCreated(zone=zone) | ZoneDeleted(zone=zone):
                    yield from self._new(self._of_zone(names.fold(names.from_text(zone.name))))
        yield from self._new(self._leading_to(set(self._seen)))

    def _new(self, questions: Iterable[Question]) -> Iterator[Question]:
        for question in questions:
            if question not in self._seen and question[1] not in _MUTE and self._may(question):
                self._seen.add(question)
                yield question

    def _may(self, question: Question) -> bool:
        """Whether the caller may know of the question, in whichever zone it is answered."""
        if not self._principal.limits:
            return True
        folded, kind = question
        return any(
            zone is not None
            and sees_zone(self._principal, zone.name)
            and sees_record(
                self._principal, zone.name, names.to_relative_text(folded, zone.origin), kind
            )
            for zone in (self._before.find(folded), self._after.find(folded))
        )

    def _of_record(
        self, question: Question, origin: bytes, event: RecordsChanged
    ) -> Iterator[Question]:
        folded, kind = question
        yield question
        yield from self._of_existence(folded, origin)
        if kind == RRType.CNAME:
            yield from ((folded, each) for each in (*self._types(folded), *_ANY_HOST))
        if kind == RRType.DNAME or (kind == RRType.NS and folded != origin):
            yield from self._below(event.zone_id, event.zone, folded)

    def _of_existence(self, folded: bytes, origin: bytes) -> Iterator[Question]:
        """The name and those above it that come to exist or cease to, as empty ones, too."""
        while folded != origin:
            zones = (self._before.find(folded), self._after.find(folded))
            there = [zone is not None and zone.has(folded) for zone in zones]
            if there[0] == there[1]:
                return
            yield from ((folded, each) for each in (*self._types(folded), *_ANY_HOST))
            folded = names.parent(folded)

    def _types(self, folded: bytes) -> list[int]:
        """Types that the name, or the wildcard that stands in for it, has now or would have."""
        found: list[int] = []
        for views in (self._before, self._after):
            zone = views.find(folded)
            node = None if zone is None else zone.node(folded) or _wildcard(zone, folded)
            found += [rrset.type for rrset in node.rrsets] if node is not None else []
        return found

    def _below(self, zone_id: str, zone: str, folded: bytes) -> Iterator[Question]:
        """What the store has at and below a name of a zone, as far as the caller may know."""
        if not sees_zone(self._principal, zone):
            return
        origin = names.fold(names.from_text(zone))
        prefix = owner_prefix(zone_id, names.to_relative_text(folded, origin))[:-1]
        for record in self._reader.scan(RECORDS, prefix, limit=SCANNED_MAX):
            if self._sees(zone, record):
                owner, kind = _question(record, origin)
                yield from ((owner, each) for each in (kind, *_ANY_HOST))

    def _sees(self, zone: str, record: Record) -> bool:
        return sees_record(self._principal, zone, record.name, record.type)

    def _of_zone(self, origin: bytes) -> Iterator[Question]:
        """A zone that comes or goes: its apex, and names of the zone above that it covers."""
        yield from ((origin, kind) for kind in (RRType.SOA, RRType.NS, *_ANY_HOST))
        if origin == names.ROOT:
            return
        above = self._before.find(names.parent(origin))
        if above is not None:
            yield from self._below(above.zone_id, above.name, origin)

    def _leading_to(self, asked: set[Question]) -> Iterator[Question]:
        """Aliases that lead to a name asked about or to one below it, over others too.

        Below, since wildcards, cuts and names that come or go decide there.
        """
        kinds: dict[bytes, set[int]] = {}
        for folded, kind in asked:
            base = names.parent(folded) if folded.startswith(_WILDCARD) else folded
            kinds.setdefault(base, set()).update((kind, *_ANY_HOST) if kind in _CUTS else (kind,))
        grown = True
        while grown:
            grown = False
            for target, owners in self._aliases.items():
                led = set[int]().union(*(kinds.get(each, ()) for each in _endings(target)))
                for question in itertools.product(owners, led):
                    there = kinds.setdefault(question[0], set())
                    if question[1] not in there:
                        there.add(question[1])
                        grown = True
                        yield question


def _endings(folded: bytes) -> Iterator[bytes]:
    """The name and all above it."""
    yield folded
    while folded != names.ROOT:
        folded = names.parent(folded)
        yield folded


def _wildcard(zone: ZoneView, folded: bytes) -> Any:
    return zone.wildcard(folded) if folded != zone.origin else None


def _question(record: Record, origin: bytes) -> Question:
    return names.fold(names.from_relative(record.name, origin)), record.type


class _Answer(NamedTuple):
    """What is compared, and what is shown."""

    rcode: int | None
    aa: bool
    records: frozenset[tuple[bytes, int, int, frozenset[bytes]]]
    section: list[Owned]


def _compared(
    question: Question, before: Views, after: Views, principal: Principal
) -> AnswerChange | None:
    """The change of an answer; None when it stays, or when both are hidden."""
    query = _query(question)
    if query is None:
        return None
    was, now = (_answer(query, views, principal) for views in (before, after))
    if was == "hidden" or now == "hidden":
        if was == now:
            return None
    elif was[:3] == now[:3]:
        return None
    name = names.to_absolute_text(question[0])
    return AnswerChange(name, type_name(question[1]), _shown(was), _shown(now))


def _query(question: Question) -> Query | None:
    octets = question[0] + question[1].to_bytes(2, "big") + RRClass.IN.to_bytes(2, "big")
    packet = HEADER.pack(0, 0, 1, 0, 0, 0) + octets
    query = parse_query(packet, ("127.0.0.1", 0), Transport.TCP)
    return query if isinstance(query, Query) and query.error is None else None


def _answer(query: Query, views: Views, principal: Principal) -> _Answer | Literal["hidden"]:
    if not principal.limits:
        answered = answer(query, views)
        return _of_reply(None if answered.zone is None else answered.reply)
    explained = explain(query, views, principal)
    if explained.decision is Decision.HIDDEN:
        return "hidden"
    return _of_reply(explained.reply)


def _of_reply(reply: Reply | None) -> _Answer:
    if reply is None:
        return _Answer(None, False, frozenset(), [])
    records = frozenset(
        (names.fold(owner), rrset.type, rrset.ttl, frozenset(map(_same, _typed(rrset))))
        for owner, rrset in reply.answer
    )
    return _Answer(reply.rcode, reply.aa, records, reply.answer)


def _typed(rrset: Any) -> list[tuple[int, bytes]]:
    return [(rrset.type, rdata) for rdata in rrset.rdatas]


def _same(typed: tuple[int, bytes]) -> bytes:
    """Rdata for comparing: serials go up with every change."""
    kind, rdata = typed
    return rdata[:-20] + rdata[-16:] if kind == RRType.SOA else rdata


def _shown(found: _Answer | Literal["hidden"]) -> AnswerShown | None:
    if found == "hidden":
        return None
    if found.rcode is None:
        return AnswerShown("", False, [], 0)
    lines = [
        f"{names.to_absolute_text(owner)} {rrset.ttl} {type_name(rrset.type)} "
        f"{rdata_to_text(rrset.type, rdata)}"
        for owner, rrset in found.section
        for rdata in rrset.rdatas[:DATA_MAX]
    ]
    count = sum(len(rrset.rdatas) for _, rrset in found.section)
    rcode = RCODE_NAMES.get(found.rcode) or f"RCODE{found.rcode}"
    return AnswerShown(rcode, found.aa, lines[:DATA_MAX], count)

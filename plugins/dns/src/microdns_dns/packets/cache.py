"""Answers by question, in Python: what ``engine/cache.pyx`` does where there is an engine.

An answer is kept without its OPT record.  Whoever asks the same later (name in any case, type,
class, RD, AD, CD, DO, EDNS or not) gets it with its own id and spelling, and with TTLs that are
less by its age.  It lives no longer than the shortest of its TTLs.

Eviction is SIEVE (Zhang and others, NSDI 2024): entries stand in the order in which they came, a
hand goes from the oldest to the newest, passes over what was asked for since it was there last, and
takes the first that was not.  So names that are asked once push nothing out that is asked again.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final, Protocol

from microdns_dns.message import Malformed, Query, Reader, parse_query
from microdns_dns.message.query import HEADER
from microdns_dns.packets.limits import BODY_MAX
from microdns_dns.protocol import Flag, RRType

_ENTRY_OCTETS: Final = 400
"""What Python takes for an entry besides its octets, more or less."""
_RECORD: Final = Struct("!HHIH")
_TTL: Final = Struct("!I")
_HAS_EDNS: Final = 1
_HAS_DO: Final = 2

Key = tuple[int, bytes, int, int, int]


class Packets(Protocol):
    """A packet cache, in Python or in the engine's memory."""

    bytes_max: int
    bytes_used: int
    evicted: int

    def __len__(self) -> int: ...

    def put(
        self, plan: int, packet: bytes, response: bytes, kind: int, seconds: int, now: int
    ) -> bool:
        """Keep the response to a message for so long, TTLs permitting; whether it was kept."""
        ...

    def get(self, plan: int, packet: bytes, now: int) -> tuple[int, int, bytes] | None:
        """Rcode, kind, and the octets without OPT of the answer to a message; None if none."""
        ...

    def flush(self, name: bytes = b"", below: bool = False) -> int:
        """Take out what is of this folded name, or also of all below it; how many that were."""
        ...


@dataclass(eq=False, slots=True)
class _Entry:
    key: Key
    head: bytes
    """Flags and counts of the header."""
    body: bytes
    places: tuple[int, ...]
    """Where TTLs stand in the body."""
    rcode: int
    kind: int
    stored: int
    expires: int
    visited: bool = False
    newer: "_Entry | None" = None
    older: "_Entry | None" = None

    @property
    def size(self) -> int:
        return _ENTRY_OCTETS + len(self.body) + len(self.key[1])


class PacketCache:
    """Keeps answers of about ``bytes_max`` octets together."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.bytes_used = 0
        self.evicted = 0
        self._entries: dict[Key, _Entry] = {}
        self._newest: _Entry | None = None
        self._oldest: _Entry | None = None
        self._hand: _Entry | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def put(
        self, plan: int, packet: bytes, response: bytes, kind: int, seconds: int, now: int
    ) -> bool:
        """See ``Packets``."""
        query = _readable(packet)
        entry = None if query is None else _entry_of(query, plan, response, kind, seconds, now)
        if entry is None:
            return False
        before = self._entries.get(entry.key)
        if before is not None:
            self._remove(before)
        self._insert(entry)
        while self.bytes_used > self.bytes_max and len(self._entries) > 1:
            self._evict()
        return True

    def get(self, plan: int, packet: bytes, now: int) -> tuple[int, int, bytes] | None:
        """See ``Packets``."""
        query = _readable(packet)
        entry = None if query is None else self._entries.get(_key_of(query, plan))
        if query is None or entry is None or entry.expires <= now:
            return None
        entry.visited = True
        body, age = bytearray(entry.body), now - entry.stored
        for place in entry.places:
            (ttl,) = _TTL.unpack_from(body, place)
            _TTL.pack_into(body, place, max(0, ttl - age))
        return entry.rcode, entry.kind, packet[:2] + entry.head + query.question + body

    def flush(self, name: bytes = b"", below: bool = False) -> int:
        """See ``Packets``."""
        found = [
            entry
            for entry in self._entries.values()
            if not name or entry.key[1] == name or (below and _is_below(entry.key[1], name))
        ]
        for entry in found:
            self._remove(entry)
        return len(found)

    def _insert(self, entry: _Entry) -> None:
        entry.older = self._newest
        if self._newest is not None:
            self._newest.newer = entry
        else:
            self._oldest = entry
        self._newest = entry
        self._entries[entry.key] = entry
        self.bytes_used += entry.size

    def _evict(self) -> None:
        entry = self._hand or self._oldest
        while entry is not None and entry.visited:
            entry.visited = False
            entry = entry.newer or self._oldest
        if entry is not None:
            self._hand = entry
            self._remove(entry)
            self.evicted += 1

    def _remove(self, entry: _Entry) -> None:
        if entry is self._hand:
            self._hand = entry.newer
        if entry.newer is not None:
            entry.newer.older = entry.older
        else:
            self._newest = entry.older
        if entry.older is not None:
            entry.older.newer = entry.newer
        else:
            self._oldest = entry.newer
        del self._entries[entry.key]
        self.bytes_used -= entry.size


def _readable(packet: bytes) -> Query | None:
    query = parse_query(packet)
    if not isinstance(query, Query) or query.error is not None or query.opcode:
        return None
    return query


def _key_of(query: Query, plan: int) -> Key:
    asked = query.flags & (Flag.RD | Flag.AD | Flag.CD)
    if query.edns is not None:
        asked |= _HAS_EDNS | (_HAS_DO if query.edns.do else 0)
    return plan, query.folded, query.qtype, query.qclass, asked


def _entry_of(
    query: Query, plan: int, response: bytes, kind: int, seconds: int, now: int
) -> _Entry | None:
    """An entry made from a response; None for one that can't be given to others."""
    start = HEADER.size + len(query.question)
    if len(response) > start + BODY_MAX:
        return None
    try:
        found = _records_of(response, start)
    except Malformed:
        return None
    if found is None:
        return None
    head, rcode, places, end = found
    body = response[start:end]
    least = min([seconds, *(_TTL.unpack_from(body, place)[0] for place in places)])
    if least <= 0:
        return None
    return _Entry(
        _key_of(query, plan), head, body, places, rcode, kind, stored=now, expires=now + least
    )


def _records_of(response: bytes, start: int) -> tuple[bytes, int, tuple[int, ...], int] | None:
    """Flags and counts, rcode, where TTLs are in the body, and where it ends; None if truncated,
    signed, or with records after OPT."""
    reader = Reader(response)
    _, flags, _, *counts = reader.unpack(HEADER)
    if flags & Flag.TC:
        return None
    rcode, places, end = flags & 0xF, [], start
    reader.offset = start
    for section, count in enumerate(tuple(counts)):
        for _ in range(count):
            reader.skip_name()
            at = reader.offset
            type_, _, ttl, length = reader.unpack(_RECORD)
            reader.take(length)
            if type_ == RRType.TSIG:
                return None
            if type_ == RRType.OPT:
                rcode |= ttl >> 24 << 4
                counts[section] -= 1
                if section != 2 or reader.offset != reader.end:
                    return None
                break
            places.append(at + 4 - start)
            end = reader.offset
    if reader.offset != reader.end:
        return None
    return HEADER.pack(0, flags, 1, *counts)[2:], rcode, tuple(places), end


def _is_below(name: bytes, above: bytes) -> bool:
    at = 0
    while name[at]:
        at += 1 + name[at]
        if name[at:] == above:
            return True
    return False

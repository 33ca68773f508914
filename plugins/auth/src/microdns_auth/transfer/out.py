"""Zone transfers out: AXFR (RFC 5936) over TCP, to those who may have them.

A transfer reads one snapshot of the store, so that it is the zone of one instant, whatever changes
meanwhile.  Its messages are made as the client takes them.  IXFR (RFC 1995) is answered with the
SOA alone where the client is up to date, and else with the whole zone (RFC 1995 section 4).
"""

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from itertools import groupby
from struct import Struct
from typing import Final

import anyio.lowlevel

from microdns.access.limits import in_networks
from microdns.store import Store
from microdns_auth.logevents import TRANSFER_ENDED, TRANSFER_REFUSED
from microdns_auth.metrics import AuthMetrics
from microdns_dns import names
from microdns_dns.message import Malformed, Owned, Query, Reader, Reply, Transport
from microdns_dns.message.query import HEADER
from microdns_dns.model import RECORDS, ZONES, Record, Soa, Zone, id_key, zone_origin
from microdns_dns.plan import Messages
from microdns_dns.protocol import Rcode, RRType
from microdns_dns.rrset import RRset
from microdns_dns.view import ZoneView

MESSAGE_OCTETS: Final = 16_000
"""Octets of records, uncompressed, from which on a message is sent: pointers reach so far."""
_RECORD: Final = Struct("!HHIH")
_SERIAL: Final = Struct("!I")
_SOA_TIMES: Final = Struct("!IIIII")
_HALF: Final = 2**31


class TransfersOut:
    """Who may have transfers, and how many at a time."""

    def __init__(
        self,
        store: Store,
        metrics: AuthMetrics,
        log: logging.Logger,
        *,
        allowed: Sequence[str],
        most: int,
        seconds: float,
    ) -> None:
        """``allowed`` are prefixes; ``most`` transfers run at a time, each for ``seconds``."""
        self._store = store
        self._metrics = metrics
        self._log = log
        self._allowed = tuple(allowed)
        self._most = most
        self._seconds = seconds
        self.running = 0

    def allows(self, query: Query) -> bool:
        """Whether the client may have zones."""
        return in_networks(self._allowed, str(query.client[0]))

    def answer(self, query: Query, zone: ZoneView | None) -> Reply | Messages:
        """What an AXFR or IXFR gets; ``zone`` is the one nearest to the name, if any."""
        refusal = refuse(query, zone)
        if zone is None or refusal.rcode != Rcode.REFUSED:
            return refusal
        if not self.allows(query):
            return self._refused(query, zone, "refused", Rcode.REFUSED)
        if query.qtype == RRType.IXFR and (
            query.transport is Transport.UDP or _is_up_to_date(query, zone)
        ):
            self._metrics.transfers["unchanged"].inc()
            return self._soa(query, zone)
        if self.running >= self._most:
            return self._refused(query, zone, "busy", Rcode.SERVFAIL)
        return self._whole(query, zone)

    def _refused(self, query: Query, zone: ZoneView, outcome: str, rcode: int) -> Reply:
        self._metrics.transfers[outcome].inc()
        TRANSFER_REFUSED(
            self._log,
            "no transfer of %s to %s: %s",
            zone.name,
            query.client[0],
            outcome,
            zone=zone.name,
            client=query.client[0],
            outcome=outcome,
        )
        return Reply(rcode)

    def _soa(self, query: Query, zone: ZoneView) -> Reply:
        """The SOA alone: nothing new, or ask again over TCP (RFC 1995 section 2)."""
        reply = Reply(aa=True)
        reply.answer.append((query.qname, zone.soa))
        return reply

    def _whole(self, query: Query, zone: ZoneView) -> Messages:
        self.running += 1

        def closed(complete: bool) -> None:
            self.running -= 1
            outcome = "sent" if complete else "broken"
            self._metrics.transfers[outcome].inc()
            TRANSFER_ENDED(
                self._log,
                "transfer of %s to %s: %s",
                zone.name,
                query.client[0],
                outcome,
                zone=zone.name,
                client=query.client[0],
                outcome=outcome,
            )

        return Messages(self._replies(zone.zone_id), self._seconds, closed)

    async def _replies(self, zone_id: str) -> AsyncGenerator[Reply, None]:
        """The zone between two of its SOA (RFC 5936 2.2), message by message."""
        async with self._store.snapshot() as snapshot:
            zone = snapshot.get(ZONES, id_key(zone_id))
            if zone is None:
                yield Reply(Rcode.SERVFAIL)  # deleted within this turn
                return
            for reply in _messages(zone, snapshot.scan(RECORDS, id_key(zone_id))):
                yield reply
                await anyio.lowlevel.checkpoint()


def refuse(query: Query, zone: ZoneView | None) -> Reply:
    """What those get who may not have ``zone``, the one nearest to the name.

    NOTIMP for AXFR over UDP, which does not exist (RFC 5936 4.2); NOTAUTH for names that are no
    zone of ours (2.2.1); else REFUSED.
    """
    if query.qtype == RRType.AXFR and query.transport is Transport.UDP:
        return Reply(Rcode.NOTIMP)
    ours = zone is not None and zone.origin == query.folded
    return Reply(Rcode.REFUSED if ours else Rcode.NOTAUTH)


def _messages(zone: Zone, records: Iterable[Record]) -> Iterator[Reply]:
    reply, octets = Reply(aa=True), 0
    for owned in _rrsets(zone, records):
        size = sum(len(owned[0]) + _RECORD.size + len(rdata) for rdata in owned[1].rdatas)
        if octets and octets + size > MESSAGE_OCTETS:
            yield reply
            reply, octets = Reply(aa=True), 0
        reply.answer.append(owned)
        octets += size
    yield reply


def _rrsets(zone: Zone, records: Iterable[Record]) -> Iterator[Owned]:
    """SOA, everything that is answered, SOA.  An RRset has one TTL (RFC 2181 5.2)."""
    origin = zone_origin(zone)
    soa = soa_rrset(zone.soa)
    yield origin, soa
    enabled = (record for record in records if record.enabled)
    for (_, kind), group in groupby(enabled, lambda each: (each.name.lower(), each.type)):
        members = list(group)
        owner = names.from_relative(members[0].name, origin)
        ttl = min(record.ttl for record in members)
        yield owner, RRset(kind, ttl, tuple(record.rdata for record in members))
    yield origin, soa


def soa_rrset(soa: Soa) -> RRset:
    """A zone's SOA as it is answered."""
    rdata = (
        names.from_text(soa.mname)
        + names.from_text(soa.rname)
        + _SOA_TIMES.pack(soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum)
    )
    return RRset(RRType.SOA, soa.ttl, (rdata,))


def _is_up_to_date(query: Query, zone: ZoneView) -> bool:
    """Whether the client of an IXFR has this serial already, or a later one (RFC 1982)."""
    serial = serial_of(query)
    if serial is None:
        return False
    ours = int.from_bytes(zone.soa.rdatas[0][-20:-16], "big")
    return (serial - ours) % 2**32 < _HALF


def serial_of(query: Query) -> int | None:
    """The serial of the SOA that an IXFR carries (RFC 1995 section 3), if it has one."""
    reader = Reader(query.packet, HEADER.size + len(query.question))
    try:
        reader.skip_name()
        kind, _, _, length = reader.unpack(_RECORD)
        if kind != RRType.SOA or int.from_bytes(query.packet[8:10], "big") != 1:
            return None
        rdata = Reader(query.packet, reader.offset, min(reader.offset + length, reader.end))
        rdata.skip_name()
        rdata.skip_name()
        (serial,) = rdata.unpack(_SERIAL)
    except Malformed:
        return None
    return serial

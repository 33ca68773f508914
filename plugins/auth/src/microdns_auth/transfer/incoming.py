"""Zone transfers in: a whole zone from its primary by AXFR (RFC 5936), over TCP.

The primary is not trusted: octets and records are counted as they come, and time is limited.
Messages are parsed in a thread, since a large one takes some hundredths of a second.  What comes
is a zone only when it is complete, between two SOA records that are the same.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import anyio
import msgspec

from microdns.errors import Conflict, Invalid, Problem, TooLarge, Unavailable
from microdns_dns import names
from microdns_dns.model import Soa
from microdns_dns.protocol import RCODE_NAMES, RRType
from microdns_dns.rdata import rdata_check, type_name
from microdns_dns.repository import Draft, ZoneContent

if TYPE_CHECKING:
    import dns.message

CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 10.0
"""How long a primary may send nothing."""
ALGORITHMS: Final = ("hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha1")
_READ: Final = 65_536


class Primary(msgspec.Struct, frozen=True):
    """Where a zone comes from; ``secret`` is that of the TSIG key ``key``, if there is one."""

    host: str
    port: int
    key: str = ""
    algorithm: str = "hmac-sha256"
    secret: bytes = b""


class Bounds(msgspec.Struct, frozen=True):
    """What a transfer may take."""

    records_max: int
    bytes_max: int
    seconds_max: float


Progress = Callable[[int], None]
"""Told how many records have come."""


def secret_of(text: str) -> bytes:
    """A TSIG secret from Base64; raises ``Invalid``."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Invalid.of(Problem("tsig.secret", "is not Base64")) from None


async def fetch_zone(
    zone: str, primary: Primary, bounds: Bounds, progress: Progress
) -> ZoneContent:
    """The zone as its primary has it; ``zone`` is absolute text without final dot.

    Raises Unavailable when the primary does not answer, or not in time; Conflict when it refuses,
    or sends what is no zone; TooLarge beyond the bounds.
    """
    receiving = Receiving(zone, bounds)
    query = await anyio.to_thread.run_sync(_query, zone, primary)
    try:
        with anyio.fail_after(bounds.seconds_max):
            async with aclosing(_messages(primary, query.to_wire(), bounds)) as messages:
                check = _Signatures(query)
                async for octets in messages:
                    done = await anyio.to_thread.run_sync(receiving.take, check, octets)
                    progress(receiving.count)
                    if done:
                        return receiving.content()
    except TimeoutError:
        raise Unavailable(f"{_shown(primary)} took longer than it may") from None
    except OSError as error:
        raise Unavailable(f"{_shown(primary)}: {error.strerror or error}") from None
    raise Conflict(f"{_shown(primary)} ended the transfer of {zone} before it was complete")


def _query(zone: str, primary: Primary) -> "dns.message.QueryMessage":
    import dns.message
    import dns.name
    import dns.tsig

    query = dns.message.make_query(dns.name.from_text(zone), "AXFR", use_edns=False)
    query.flags = 0
    if primary.key:
        key = dns.tsig.Key(primary.key, primary.secret, primary.algorithm)
        query.use_tsig({key.name: key}, key.name)
    return query


async def _messages(primary: Primary, query: bytes, bounds: Bounds) -> AsyncGenerator[bytes, None]:
    """Messages as they come, each behind its length (RFC 1035 4.2.2)."""
    with anyio.fail_after(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(primary.host, primary.port, limit=_READ)
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        octets = 0
        while True:
            with anyio.fail_after(SILENCE_SECONDS):
                try:
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    message = await reader.readexactly(size)
                except asyncio.IncompleteReadError:
                    return
            octets += 2 + size
            if octets > bounds.bytes_max:
                raise TooLarge(f"the transfer is larger than {bounds.bytes_max} octets")
            yield message
    finally:
        writer.transport.abort()


class _Signatures:
    """Parses messages and checks what of them must be signed (RFC 8945 5.3.1)."""

    def __init__(self, query: "dns.message.QueryMessage") -> None:
        self._query = query
        self._context: Any = None
        self.signed = query.keyring is not None
        self.last_was_signed = False

    def parse(self, octets: bytes) -> "dns.message.Message":
        """The message; raises ``Conflict`` for what is malformed, unsigned or signed wrongly."""
        import dns.exception
        import dns.message

        query = self._query
        try:
            message = dns.message.from_wire(
                octets,
                keyring=query.keyring,
                request_mac=query.mac,
                xfr=True,
                tsig_ctx=self._context,
                multi=True,
                one_rr_per_rrset=True,
            )
        except dns.exception.DNSException as error:
            raise Conflict(f"the primary sent what can't be taken: {error}") from None
        self._context = message.tsig_ctx
        self.last_was_signed = message.had_tsig
        if message.id != query.id:
            raise Conflict("the primary answered another query")
        if message.rcode():
            raise Conflict(f"the primary answered {RCODE_NAMES.get(message.rcode(), 'an error')}")
        return message


class Receiving:
    """The zone so far (RFC 5936 2.2): SOA, records, and the same SOA again."""

    def __init__(self, zone: str, bounds: Bounds) -> None:
        self._zone = zone
        self._origin = names.fold(names.from_text(zone))
        self._bounds = bounds
        self._soa: tuple[int, bytes] | None = None
        self._complete = False
        self._drafts: list[Draft] = []

    @property
    def count(self) -> int:
        """Records that have come, without the SOA."""
        return len(self._drafts)

    def take(self, signatures: _Signatures, octets: bytes) -> bool:
        """Take one message; whether it was the last.  Raises as ``fetch_zone``."""
        message = signatures.parse(octets)
        for rrset in message.answer:
            if self._complete:
                raise Conflict("the primary sent records after the end of the zone")
            owner = rrset.name.to_wire() or b""  # None only where it writes to a file
            for rdata in rrset:
                self._take_record(owner, int(rrset.rdtype), rrset.ttl, rdata.to_wire() or b"")
        if not self._complete and not message.answer:
            raise Conflict("the primary sent a message without records")
        if self._complete and signatures.signed and not signatures.last_was_signed:
            raise Conflict("the primary did not sign the end of the transfer")
        return self._complete

    def _take_record(self, owner: bytes, kind: int, ttl: int, rdata: bytes) -> None:
        if kind == RRType.SOA:
            self._take_soa(owner, ttl, rdata)
        elif self._soa is None:
            raise Conflict("the primary's first record is not the SOA")
        else:
            self._drafts.append(Draft(self._relative(owner, kind), kind, rdata, ttl))
            if len(self._drafts) > self._bounds.records_max:
                raise TooLarge(f"the zone has more than {self._bounds.records_max} records")
            self._check(kind, rdata, owner)

    def _take_soa(self, owner: bytes, ttl: int, rdata: bytes) -> None:
        if names.fold(owner) != self._origin:
            raise Conflict(f"the primary's SOA is of {names.to_text(owner)}, not {self._zone}")
        if self._soa is None:
            self._soa = (ttl, rdata)
        elif self._soa[1] != rdata:
            raise Conflict("the zone changed during the transfer: its two SOA records differ")
        else:
            self._complete = True

    def _relative(self, owner: bytes, kind: int) -> str:
        if not names.is_subdomain(names.fold(owner), self._origin):
            shown = names.to_text(owner)
            raise Conflict(f"the primary sent {shown} {type_name(kind)}, outside of {self._zone}")
        return names.to_relative_text(owner, self._origin)

    def _check(self, kind: int, rdata: bytes, owner: bytes) -> None:
        try:
            rdata_check(kind, rdata)
        except ValueError as error:
            shown = f"{names.to_text(owner)} {type_name(kind)}"
            raise Conflict(f"the primary sent a wrong record: {shown}: {error}") from None

    def content(self) -> ZoneContent:
        """The zone that came."""
        if self._soa is None or not self._complete:
            raise Conflict("the zone is not complete")
        ttl, rdata = self._soa
        soa = soa_of(rdata, ttl)
        return ZoneContent(self._zone, soa, soa.minimum, self._drafts)


def soa_of(rdata: bytes, ttl: int) -> Soa:
    """An SOA from its wire rdata, which was parsed before."""
    middle = names.wire_end(rdata, 0)
    end = names.wire_end(rdata, middle)
    serial, refresh, retry, expire, minimum = (
        int.from_bytes(rdata[at : at + 4], "big") for at in range(end, end + 20, 4)
    )
    mname, rname = names.to_text(rdata[:middle]), names.to_text(rdata[middle:end])
    return Soa(mname, rname, serial, refresh, retry, expire, minimum, ttl)


def _shown(primary: Primary) -> str:
    return f"the primary {primary.host} port {primary.port}"

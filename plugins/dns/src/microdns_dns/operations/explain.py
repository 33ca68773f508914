"""``query.explain``: how a query would be answered, by whom, from what."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from microdns.config.fields import format_address
from microdns.errors import Invalid, Problem, Unavailable
from microdns.events import Principal
from microdns.operations import Call, Cli, Operation
from microdns.store import Reader
from microdns_dns import names
from microdns_dns.explaining import Decision, Found, StageExplained, explain
from microdns_dns.limits import sees_record, sees_zone
from microdns_dns.listeners import Answering, Listeners
from microdns_dns.message import Query, Reply, Transport, encode, parse_query
from microdns_dns.message.query import HEADER
from microdns_dns.model import RECORDS, ZONES, Record, Zone, id_key, record_key, zone_origin
from microdns_dns.operations import samples
from microdns_dns.operations.access import BY_RECORD
from microdns_dns.operations.base import DnsOperations
from microdns_dns.operations.forms import HealthCheckData
from microdns_dns.protocol import RCODE_NAMES, Flag, Rcode, RRClass, RRType
from microdns_dns.rdata import rdata_to_text, type_name, type_number
from microdns_dns.repository import records_of

RECORDS_MAX: Final = 100
"""Records of one RRset that are shown."""
_OPT: Final = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
"""What most resolvers send: EDNS with room for 1232 octets."""
_FLAGS: Final = (
    ("qr", Flag.QR),
    ("aa", Flag.AA),
    ("tc", Flag.TC),
    ("rd", Flag.RD),
    ("ra", Flag.RA),
)
_TRANSFERS: Final = (RRType.AXFR, RRType.IXFR)


class ExplainQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as a client would ask it."""

    name: Annotated[
        str, Meta(min_length=1, max_length=1_100, description="The name asked for, absolute.")
    ]
    type: Annotated[str, Meta(max_length=20, description="The type asked for.")] = "A"
    client: Annotated[str, Meta(max_length=64, description="The client's address.")] = "127.0.0.1"
    transport: Annotated[Literal["udp", "tcp"], Meta(description="How it is asked.")] = "udp"
    address: Annotated[
        str,
        Meta(max_length=80, description="The address asked, of those that this server listens on."),
    ] = ""


class StepShown(msgspec.Struct, frozen=True):
    """One step: a stable word, what it means here, the section of the RFC."""

    state: str
    text: str
    rfc: str
    zone: str


class StageShown(msgspec.Struct, frozen=True):
    """A stage of the plan and what it decided."""

    name: str
    order: int
    decision: Decision
    steps: list[StepShown]


class RecordExplained(msgspec.Struct, frozen=True):
    """A record that the answer is made from, or that is left out of it (``answered``)."""

    id: str
    name: str
    ttl: int
    text: str
    answered: bool
    enabled: bool
    source: str
    origin: str
    comment: str
    health_check: HealthCheckData | None
    version: int


class RRsetExplained(msgspec.Struct, frozen=True):
    """An RRset of the answer: where it comes from, and the records that make it."""

    section: str
    name: str
    type: str
    ttl: int
    data: list[str]
    zone: str
    source: str
    records: list[RecordExplained]


class Explained(msgspec.Struct, frozen=True):
    """How a query would come out.

    ``answered_by`` is ``engine`` or ``python``; ``rcode`` and ``flags`` are those of the answer,
    and None where that can't be said.  With ``limited``, what lies outside of the caller's limits
    was left out, as if it were not there.
    """

    name: str
    type: str
    client: str
    transport: str
    address: str
    answered_by: Literal["engine", "python"] | None
    because: str
    zone: str | None
    rcode: str | None
    flags: list[str] | None
    octets: int | None
    stages: list[StageShown]
    rrsets: list[RRsetExplained]
    limited: bool


class ExplainOperations(DnsOperations):
    """Handler of ``query.explain``."""

    def __init__(self) -> None:
        super().__init__()
        self._listeners: Listeners | None = None
        self._udp_payload_max = 0

    def listen(self, listeners: Listeners, udp_payload_max: int) -> None:
        """Explain the plans of these listeners from now on."""
        self._listeners = listeners
        self._udp_payload_max = udp_payload_max

    def declare(self) -> list[Operation[Any, Any]]:
        """The operation, for every interface."""
        return [
            Operation(
                name="query.explain",
                summary="Show how a query would be answered, and why.",
                description="Each stage of the plan with what it decides and the section of the "
                "RFC that it follows, and the records that the answer is made from. Nothing is "
                "counted, and no other server is asked.",
                input=ExplainQuery,
                output=Explained,
                handler=self.explain,
                scope="records:read",
                http="GET /explain",
                sample=samples.QUERY_EXPLAIN,
                honours=BY_RECORD,
                examples=(
                    "microdns explain www.example.com",
                    "microdns explain www.example.com AAAA --client 192.0.2.7",
                ),
                cli=Cli(command="explain", arguments=("type",), render=render),
            )
        ]

    async def explain(self, call: Call, wanted: ExplainQuery) -> Explained:
        query = query_of(wanted)
        place = self._place(wanted.address)
        stages = await explain(place.plan, query, call.principal)
        last = stages[-1].explanation if stages else None
        reply = _reply_of(stages)
        async with self.repository.store.snapshot() as snapshot:
            rrsets = [
                shown
                for found in (last.found if last else ())
                if (shown := _rrset_shown(snapshot, found, call.principal)) is not None
            ]
        zones = [step.zone for stage in stages for step in stage.explanation.steps if step.zone]
        octets = None if reply is None else self._encoded(query, reply)
        answered_by, because = _path(query, place, stages, ours=bool(zones))
        return Explained(
            name=names.to_text(query.qname),
            type=type_name(query.qtype),
            client=wanted.client,
            transport=wanted.transport,
            address=format_address(place.address),
            answered_by=answered_by,
            because=because,
            zone=zones[0] if zones else None,
            rcode=None if reply is None else _rcode_name(reply.rcode),
            flags=None if octets is None else _flags(octets),
            octets=None if octets is None or call.principal.limits else len(octets),
            stages=[_stage_shown(stage) for stage in stages],
            rrsets=rrsets,
            limited=bool(call.principal.limits),
        )

    def _place(self, address: str) -> Answering:
        """The address whose plan is asked for; the first one if none is given."""
        answering = [] if self._listeners is None else self._listeners.answering()
        if not answering:
            raise Unavailable("this server listens for no queries")
        for place in answering:
            if address in ("", format_address(place.address)):
                return place
        listened = ", ".join(format_address(place.address) for place in answering)
        raise Invalid.of(Problem("address", f"this server listens on {listened}"))

    def _encoded(self, query: Query, reply: Reply) -> bytes:
        size_max = query.reply_size_max(self._udp_payload_max)
        return encode(query, reply, size_max, self._udp_payload_max)[0]


def _path(
    query: Query, place: Answering, stages: list[StageExplained], *, ours: bool
) -> tuple[Literal["engine", "python"] | None, str]:
    """Who would answer, by the rules of ``microdns_dns.engine.serving``."""
    if stages and stages[-1].explanation.decision is Decision.HIDDEN:
        return None, "outside of what may be seen"
    if not place.reach:
        return "python", "no compiled engine serves this address before the plan"
    if query.qtype in _TRANSFERS:
        return "python", "the engine leaves transfers to the plan"
    if place.reach == 1 and not ours:
        return "python", "the engine leaves names outside of our zones to the plan"
    return "engine", "the compiled engine answers as the plan would"


def query_of(wanted: ExplainQuery) -> Query:
    """The query that a client would send; raises ``Invalid`` with every problem."""
    problems: list[Problem] = []
    qname, qtype = b"", 0
    try:
        qname = names.from_text(wanted.name)
    except ValueError as error:
        problems.append(Problem("name", str(error)))
    try:
        qtype = type_number(wanted.type)
    except ValueError as error:
        problems.append(Problem("type", str(error)))
    try:
        ipaddress.ip_address(wanted.client)
    except ValueError:
        problems.append(Problem("client", "is not an address"))
    if problems:
        raise Invalid.of(*problems)
    question = qname + qtype.to_bytes(2, "big") + RRClass.IN.to_bytes(2, "big")
    packet = HEADER.pack(0, Flag.RD, 1, 0, 0, 1) + question + _OPT
    query = parse_query(packet, (wanted.client, 0), Transport(wanted.transport))
    if not isinstance(query, Query) or query.error is not None:
        raise Invalid.of(Problem("type", f"{type_name(qtype)} can't be asked for"))
    return query


def _reply_of(stages: list[StageExplained]) -> Reply | None:
    """What the client gets; REFUSED when every stage has passed."""
    last = stages[-1].explanation if stages else None
    if last is None or last.decision is Decision.PASSES:
        return Reply(Rcode.REFUSED)
    return last.reply


def _rcode_name(rcode: int) -> str:
    return RCODE_NAMES.get(rcode) or f"RCODE{rcode}"


def _flags(octets: bytes) -> list[str]:
    bits = int.from_bytes(octets[2:4], "big")
    return [name for name, bit in _FLAGS if bits & bit]


def _stage_shown(stage: StageExplained) -> StageShown:
    steps = [
        StepShown(step.state, step.text, step.rfc, step.zone) for step in stage.explanation.steps
    ]
    return StageShown(stage.name, stage.order, stage.explanation.decision, steps)


def _rrset_shown(reader: Reader, found: Found, principal: Principal) -> RRsetExplained | None:
    """An RRset with its records; None when it is not for the caller."""
    zone = reader.get(ZONES, id_key(found.zone_id)) if found.zone_id else None
    if zone is None and principal.limits:
        return None
    source, records = "", list[RecordExplained]()
    if zone is not None:
        if not _sees(principal, zone, found):
            return None
        source = zone.source if found.rrset.type == RRType.SOA else "synthesised"
        if found.stored and found.rrset.type != RRType.SOA:
            records = list(_records(reader, zone, found))
            answering = {record.source for record in records if record.answered}
            source = ", ".join(sorted(answering))
    return RRsetExplained(
        section="additional" if found.section == "glue" else found.section,
        name=names.to_text(found.owner),
        type=type_name(found.rrset.type),
        ttl=found.rrset.ttl,
        data=[rdata_to_text(found.rrset.type, rdata) for rdata in found.rrset.rdatas[:RECORDS_MAX]],
        zone="" if zone is None else zone.name,
        source=source,
        records=records,
    )


def _sees(principal: Principal, zone: Zone, found: Found) -> bool:
    owner = names.to_relative_text(found.stored or names.fold(found.owner), zone_origin(zone))
    return sees_zone(principal, zone.name) and sees_record(
        principal, zone.name, owner, found.rrset.type
    )


def _records(reader: Reader, zone: Zone, found: Found) -> Iterator[RecordExplained]:
    """The records of the RRset's owner and type, also those that are not answered."""
    owner = names.to_relative_text(found.stored, names.fold(zone_origin(zone)))
    answered = set(found.rrset.rdatas)
    for number, record in enumerate(records_of(reader, zone, owner, found.rrset.type)):
        if number == RECORDS_MAX:
            return
        yield _record_shown(reader, record, record.enabled and record.rdata in answered)


def _record_shown(reader: Reader, record: Record, answered: bool) -> RecordExplained:
    check = record.health_check
    return RecordExplained(
        id=record.id,
        name=record.name,
        ttl=record.ttl,
        text=rdata_to_text(record.type, record.rdata),
        answered=answered,
        enabled=record.enabled,
        source=record.source,
        origin=record.origin,
        comment=record.comment,
        health_check=None if check is None else HealthCheckData(**msgspec.structs.asdict(check)),
        version=reader.version(RECORDS, record_key(record)) or 0,
    )


def render(value: Mapping[str, Any]) -> str:
    """An explanation for people: question, stages with their steps, answer, records."""
    asked = f"{value['name']}. {value['type']} from {value['client']} over {value['transport']}"
    lines = [f"{asked}, at {value['address']}"]
    for stage in value["stages"]:
        lines.append(f"{stage['name']}: {stage['decision']}")
        for step in stage["steps"]:
            rfc = f" ({step['rfc']})" if step["rfc"] else ""
            lines.append(f"  {step['state']}: {step['text']}{rfc}")
    if value["rcode"] is not None:
        by = value["answered_by"] or "nobody"
        lines.append(f"{value['rcode']} {' '.join(value['flags'])}, by {by}: {value['because']}")
    for rrset in value["rrsets"]:
        lines.extend(_rrset_lines(rrset))
    if value["limited"]:
        lines.append("(as far as the key's limits let it see)")
    return "\n".join(lines)


def _rrset_lines(rrset: Mapping[str, Any]) -> Iterator[str]:
    head = f"{rrset['section']}: {rrset['name']}. {rrset['ttl']} {rrset['type']}"
    if not rrset["records"]:
        told = f" (source {rrset['source']})" if rrset["source"] else ""
        yield from (f"{head} {data}{told}" for data in rrset["data"])
        return
    yield head
    for record in rrset["records"]:
        off = "" if record["answered"] else ", not answered"
        off += "" if record["enabled"] else ", disabled"
        yield f"  {record['text']} (source {record['source']}{off}, record {record['id']})"

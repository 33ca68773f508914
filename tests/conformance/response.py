"""A reply as text, section by section, with only what is not observable or not meant taken away.

What is taken away, and why it may be:

- Letters' case of names in sections (RFC 4343: it carries no meaning; compression makes it follow
  the question's). The question itself is compared byte by byte, and a case may ask for the answer
  section to be.
- The order of records within an RRset, and of RRsets in the authority and additional sections (RFC
  1035, RFC 2181 5: sets). In the answer section the order of RRsets is kept, since a chain has
  one; for ANY, where there is no chain, it is not.
- The NS RRset of the zone in the authority section of a positive answer, and the addresses that
  come along with it alone (RFC 1034 4.3.2 does not ask for them; "minimal responses" leave them
  out).
- The records of a truncated reply (RFC 2181 9: whoever sees TC ignores the reply and asks by TCP).
- Extended DNS Errors (RFC 8914 3: additional information that changes nothing).
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

FIELDS = (
    "reply",
    "header",
    "flags",
    "question",
    "answer",
    "authority",
    "additional",
    "edns",
)
_FLAG_NAMES = {
    0x0400: "aa",
    0x0200: "tc",
    0x0100: "rd",
    0x0080: "ra",
    0x0040: "z",
    0x0020: "ad",
    0x0010: "cd",
}
_NAME_BEARING = frozenset(
    dns.rdatatype.from_text(name)
    for name in (
        *("NS", "CNAME", "SOA", "MB", "MG", "MR", "PTR", "MINFO", "MX", "RP", "AFSDB", "RT", "SIG"),
        *("PX", "NXT", "SRV", "NAPTR", "KX", "DNAME", "RRSIG", "NSEC", "SVCB", "HTTPS"),
    )
)
_TARGET_ATTRIBUTES = ("target", "exchange", "replacement", "hostname")
_ADDRESS_TYPES = (dns.rdatatype.A, dns.rdatatype.AAAA)
_EDE = 15
TRUNCATED = "(truncated)"
NOTHING = "(none)"


@dataclass(frozen=True)
class Response:
    """The reply's fields as text, by the names in FIELDS; absent ones are ``(none)``."""

    fields: dict[str, str]
    dig: str
    """The whole reply, nothing taken away, as dig would show it."""


Names = frozenset[dns.name.Name]


@dataclass(frozen=True)
class _Record:
    owner: dns.name.Name
    rdclass: int
    rdtype: int
    ttl: int
    rdata: dns.rdata.Rdata
    case_matters: bool

    def __str__(self) -> str:
        words = (
            self.owner.to_text(),
            str(self.ttl),
            dns.rdataclass.to_text(dns.rdataclass.RdataClass.make(self.rdclass)),
            dns.rdatatype.to_text(dns.rdatatype.RdataType.make(self.rdtype)),
            self._rdata_text(),
        )
        return " ".join(words)

    def _rdata_text(self) -> str:
        text = self.rdata.to_text()
        folded = not self.case_matters and self.rdtype in _NAME_BEARING
        return text.lower() if folded else text

    @property
    def set_key(self) -> tuple[dns.name.Name, int]:
        return (self.owner, self.rdtype)

    @property
    def targets(self) -> Names:
        """Names that the rdata points to, folded."""
        found = (getattr(self.rdata, attribute, None) for attribute in _TARGET_ATTRIBUTES)
        return frozenset(name.canonicalize() for name in found if isinstance(name, dns.name.Name))


def read_response(
    wire: bytes | None, packet: bytes, origins: Names, *, case_matters: bool = False
) -> Response:
    """``wire`` is the reply to ``packet``, None when none came; ``origins`` are the zones served,
    folded.
    """
    if wire is None:
        return Response(_all_none() | {"reply": "none"}, ";; no reply")
    try:
        parsed = dns.message.from_wire(_as_query(wire), one_rr_per_rrset=True)
    except (dns.exception.DNSException, ValueError) as error:
        what = f"not a message: {type(error).__name__}"
        return Response(_all_none() | {"reply": what}, f";; {what}: {wire.hex()}")
    shown = f"{parsed}\n;; {len(wire)} octets"
    if wire[:2] != packet[:2]:
        return Response(_all_none() | {"reply": "another id"}, shown)
    opcode = wire[2] >> 3 & 0xF
    return Response(_fields(parsed, opcode, origins, case_matters), shown)


def doubled_records(wire: bytes) -> list[str]:
    """Records that a message has more than once, in whatever section."""
    try:
        parsed = dns.message.from_wire(_as_query(wire), one_rr_per_rrset=True)
    except (dns.exception.DNSException, ValueError):
        return []
    seen = Counter(
        str(record)
        for section in parsed.sections[1:4]
        for record in _records(section, case_matters=False)
    )
    return [record for record, count in seen.items() if count > 1]


def _as_query(wire: bytes) -> bytes:
    """``wire`` with opcode QUERY: dnspython reads the sections of UPDATE by rules of its own."""
    return wire[:2] + bytes(byte & 0x87 for byte in wire[2:3]) + wire[3:]


def _all_none() -> dict[str, str]:
    return dict.fromkeys(FIELDS, NOTHING)


def _fields(
    parsed: dns.message.Message, opcode: int, origins: Names, case_matters: bool
) -> dict[str, str]:
    answer, authority, additional = (
        list(_records(section, case_matters and number == 0))
        for number, section in enumerate(parsed.sections[1:4])
    )
    if _is_positive(parsed, answer) and _is_zone_ns(authority, origins):
        additional = _without_companions(additional, authority, answer)
        authority = []
    fields = {
        "reply": "reply" if parsed.flags & dns.flags.QR else "reply without QR",
        "header": f"{_opcode(opcode)} {dns.rcode.to_text(parsed.rcode())}",
        "flags": " ".join(name for bit, name in _FLAG_NAMES.items() if parsed.flags & bit),
        "question": _question(parsed),
        "answer": _text(answer, keep_order=not _asks_any(parsed)),
        "authority": _text(authority, keep_order=False),
        "additional": _text(additional, keep_order=False),
        "edns": _edns(parsed),
    }
    if parsed.flags & dns.flags.TC:
        fields |= dict.fromkeys(("answer", "authority", "additional"), TRUNCATED)
    return {name: text or NOTHING for name, text in fields.items()}


def _opcode(number: int) -> str:
    try:
        return dns.opcode.to_text(dns.opcode.Opcode(number))
    except ValueError:
        return f"OPCODE{number}"


def _is_positive(parsed: dns.message.Message, answer: list[_Record]) -> bool:
    return (
        bool(answer) and parsed.rcode() == dns.rcode.NOERROR and bool(parsed.flags & dns.flags.AA)
    )


def _is_zone_ns(authority: list[_Record], origins: Names) -> bool:
    """Told by the apex, so that a referral at the end of a CNAME chain is never taken for it."""
    return bool(authority) and all(
        entry.rdtype == dns.rdatatype.NS and entry.owner.canonicalize() in origins
        for entry in authority
    )


def _without_companions(
    additional: list[_Record], authority: list[_Record], answer: list[_Record]
) -> list[_Record]:
    """``additional`` without addresses that only the optional NS RRset brought."""
    wanted = frozenset().union(*(entry.targets for entry in answer))
    brought = frozenset().union(*(entry.targets for entry in authority)) - wanted
    return [
        entry
        for entry in additional
        if entry.rdtype not in _ADDRESS_TYPES or entry.owner.canonicalize() not in brought
    ]


def _asks_any(parsed: dns.message.Message) -> bool:
    return any(entry.rdtype == dns.rdatatype.ANY for entry in parsed.sections[0])


def _question(parsed: dns.message.Message) -> str:
    return "\n".join(
        " ".join(
            (
                entry.name.to_text(),
                dns.rdataclass.to_text(entry.rdclass),
                dns.rdatatype.to_text(entry.rdtype),
            )
        )
        for entry in parsed.sections[0]
    )


def _records(section: Iterable[dns.rrset.RRset], case_matters: bool) -> Iterator[_Record]:
    for entry in section:
        owner = entry.name if case_matters else entry.name.canonicalize()
        for rdata in entry:
            yield _Record(owner, entry.rdclass, entry.rdtype, entry.ttl, rdata, case_matters)


def _text(records: list[_Record], *, keep_order: bool) -> str:
    """One record a line; RRsets that stand together are sorted, the sets too unless in order."""
    groups = [
        sorted(str(entry) for entry in group)
        for _key, group in itertools.groupby(records, key=lambda entry: entry.set_key)
    ]
    if not keep_order:
        groups.sort()
    return "\n".join(line for group in groups for line in group)


def _edns(parsed: dns.message.Message) -> str:
    if parsed.edns < 0:
        return ""
    flags = parsed.ednsflags & 0xFFFF
    options = [_option(entry) for entry in parsed.options if entry.otype != _EDE]
    return " ".join([f"version {parsed.edns} payload {parsed.payload} flags {flags:04x}", *options])


def _option(entry: dns.edns.Option) -> str:
    content = entry.to_wire() or b""
    return f"option {int(entry.otype)}:{content.hex()}"

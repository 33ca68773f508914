"""Queries as exact bytes, written as one writes them for dig.

``ask("www.chain.test A +tcp +do")`` is a case: its name is the line itself, its packet is built by
hand here (no library chooses anything for us). Without options a query has RD=0 and EDNS(0) with a
payload size of 1232. Options: ``+tcp``, ``+noedns``, ``+bufsize=N``, ``+do``, ``+version=N``,
``+rcode=N`` (the extended bits), ``+ednsflags=N``, ``+option=CODE:HEX`` (repeatable), the header
bits ``+qr +aa +tc +rd +ra +z +ad +cd``, ``+opcode=N``, ``+hdrrcode=N``.
"""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Literal

import dns.name
import dns.rdataclass
import dns.rdatatype

Transport = Literal["udp", "tcp"]

PAYLOAD_SIZE = 1232
_UDP_SIZE = 512
OPT = 41

_HEADER_BITS = {
    "qr": 0x8000,
    "aa": 0x0400,
    "tc": 0x0200,
    "rd": 0x0100,
    "ra": 0x0080,
    "z": 0x0040,
    "ad": 0x0020,
    "cd": 0x0010,
}


@dataclass(frozen=True)
class Case:
    """One packet to send, by a name that is unique in its test."""

    name: str
    packet: bytes
    transport: Transport = "udp"
    case_matters: bool = False
    """Whether the case of letters is compared in the answer section too."""
    reply_size_max: int = PAYLOAD_SIZE
    """Octets that a reply by UDP may have."""

    def __str__(self) -> str:
        return self.name


@dataclass
class _Options:
    transport: Transport = "udp"
    bits: int = 0
    edns: bool = True
    payload_size: int = PAYLOAD_SIZE
    edns_ttl: int = 0
    edns_options: list[bytes] = field(default_factory=list)

    @property
    def reply_size_max(self) -> int:
        """RFC 6891 6.2.3 and 6.2.5, RFC 1035 4.2.1."""
        return max(_UDP_SIZE, min(self.payload_size, PAYLOAD_SIZE)) if self.edns else _UDP_SIZE

    def take(self, word: str) -> None:
        """Reads one ``+word`` or ``+word=value``; raises ValueError when it is none of ours."""
        key, _, value = word.removeprefix("+").partition("=")
        if key in _HEADER_BITS:
            self.bits |= _HEADER_BITS[key]
        elif key == "tcp":
            self.transport = "tcp"
        elif key == "noedns":
            self.edns = False
        elif key == "option":
            code, _, content = value.partition(":")
            self.edns_options.append(option(int(code), bytes.fromhex(content)))
        else:
            self._take_number(key, int(value or "1", 0))

    def _take_number(self, key: str, number: int) -> None:
        match key:
            case "bufsize":
                self.payload_size = number
            case "do":
                self.edns_ttl |= 0x8000
            case "ednsflags":
                self.edns_ttl |= number
            case "version":
                self.edns_ttl |= number << 16
            case "rcode":
                self.edns_ttl |= number << 24
            case "opcode":
                self.bits |= number << 11
            case "hdrrcode":
                self.bits |= number
            case _:
                raise ValueError(f"no option is called +{key}")


def ask(line: str) -> Case:
    """A case from ``name [type [class]] [+option …]``; raises ValueError or a dnspython error."""
    words = line.split()
    plain = [word for word in words if not word.startswith("+")]
    options = _Options()
    for word in words:
        if word.startswith("+"):
            options.take(word)
    qtype = plain[1] if len(plain) > 1 else "A"
    qclass = plain[2] if len(plain) > 2 else "IN"
    packet = message(
        question(plain[0], qtype, qclass),
        additional=[_opt_record(options)] if options.edns else [],
        bits=options.bits,
        identifier=identifier(line),
    )
    return Case(" ".join(words), packet, options.transport, reply_size_max=options.reply_size_max)


def asks(text: str) -> list[Case]:
    """One case a line; empty lines and those starting with ``;`` are left out."""
    lines = (line.strip() for line in text.splitlines())
    return [ask(line) for line in lines if line and not line.startswith(";")]


def raw(name: str, packet: bytes, transport: Transport = "udp") -> Case:
    """A case of any bytes at all."""
    return Case(name, packet, transport)


def identifier(text: str) -> int:
    """The message id of a case: the same in every run."""
    return zlib.crc32(text.encode()) & 0xFFFF


def question(name: str, qtype: str = "A", qclass: str = "IN") -> bytes:
    """An entry of the question section, its name as written, absolute and uncompressed."""
    wire = dns.name.from_text(name).to_wire()
    assert wire is not None
    return wire + struct.pack(
        "!2H", dns.rdatatype.from_text(qtype), dns.rdataclass.from_text(qclass)
    )


def message(
    *questions: bytes,
    answer: list[bytes] | None = None,
    authority: list[bytes] | None = None,
    additional: list[bytes] | None = None,
    bits: int = 0,
    identifier: int = 0x4242,
) -> bytes:
    """A message with true counts; ``bits`` is the header's second word."""
    sections = [answer or [], authority or [], additional or []]
    counts = (len(questions), *map(len, sections))
    header = struct.pack("!6H", identifier, bits, *counts)
    return header + b"".join(questions) + b"".join(b"".join(section) for section in sections)


def record(
    owner: bytes, rtype: int, rclass: int = 1, ttl: int = 0, rdata: bytes = b"", length: int = -1
) -> bytes:
    """A resource record; ``length`` lets RDLENGTH lie."""
    size = len(rdata) if length < 0 else length
    return owner + struct.pack("!2HIH", rtype, rclass, ttl, size) + rdata


def opt(
    payload_size: int = PAYLOAD_SIZE,
    *,
    ttl: int = 0,
    options: bytes = b"",
    owner: bytes = b"\0",
    length: int = -1,
) -> bytes:
    """An OPT record (RFC 6891 6.1.2)."""
    return record(owner, OPT, payload_size, ttl, options, length)


def option(code: int, content: bytes = b"", length: int = -1) -> bytes:
    """An EDNS option; ``length`` lets OPTION-LENGTH lie."""
    return struct.pack("!2H", code, len(content) if length < 0 else length) + content


def _opt_record(options: _Options) -> bytes:
    return opt(options.payload_size, ttl=options.edns_ttl, options=b"".join(options.edns_options))

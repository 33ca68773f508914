"""DNS messages: whatever comes in is dropped or answered, and every answer is a message."""

import logging
import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdatatype

from microdns.clock import SystemClock
from microdns_auth.metrics import AuthMetrics
from microdns_auth.stage import AuthoritativeStage
from microdns_dns import names
from microdns_dns.identity import IdentityStage
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import Soa, Zone
from microdns_dns.plan import Plan
from microdns_dns.responder import Responder
from microdns_dns.view import Views, ZoneView

CLIENT = ("192.0.2.99", 4711)
ZONE = """
@ NS ns1.example.com.
@ NS ns.sub.example.com.
@ MX 10 mail.example.com.
ns1 A 192.0.2.1
mail AAAA 2001:db8::25
www CNAME host.deep.example.com.
host.deep A 192.0.2.2
*.wild CNAME www.example.com.
loop CNAME loop.example.com.
d DNAME d.d.example.com.
sub NS ns.sub.example.com.
sub DS 1 8 2 0011223344556677889900112233445566778899001122334455667788990011
ns.sub A 192.0.2.53
big TXT "{big}"
svc HTTPS 1 . alpn=h2
""".format(big='" "'.join(["x" * 250] * 20))


def _views() -> Views:
    soa = Soa("ns1.example.com", "admin.example.com")
    view = ZoneView(Zone(id="1", name="example.com", soa=soa))
    for line in ZONE.strip().splitlines():
        owner, rdtype, text = line.split(None, 2)
        rdata = dns.rdata.from_text("IN", rdtype, text).to_wire()
        assert rdata is not None
        number = int(dns.rdatatype.from_text(rdtype))
        view.add(names.from_text(owner, view.origin), number, 300, rdata)
    views = Views()
    views.put(view)
    return views


def _seed(name: str, rdtype: str = "A", **options: object) -> bytes:
    query = dns.message.make_query(name, rdtype, id=0x4242, **options)  # type: ignore[arg-type] # of many types
    return query.to_wire()


_COOKIE = dns.edns.GenericOption("COOKIE", b"12345678")
_TSIG = (
    b"\3key\0" + struct.pack("!HHIH", 250, 255, 0, 20) + b"\3alg\0" + bytes(8) + b"\0\1a" + bytes(6)
)
_OWNERS = (
    *("example.com", "www.example.com", "x.wild.example.com", "loop.example.com"),
    *("y.d.example.com", "a.b.sub.example.com", "big.example.com", "svc.example.com"),
    *("no.example.com", "example.net", ".", "version.bind", "a." * 100 + "example.com"),
)
SEEDS = [
    *(_seed(name, rdtype) for name in _OWNERS for rdtype in ("A", "TXT", "NS", "ANY", "DS")),
    _seed("example.com", "MX", use_edns=0, payload=4096, want_dnssec=True),
    _seed("example.com", "A", use_edns=0, options=[dns.edns.NSIDOption(b""), _COOKIE]),
    _seed("example.com", "A", use_edns=7),
    _seed("example.com", "AXFR"),
    _seed("example.com", "SOA", rdclass="CH"),
    _seed("example.com", "A")[:11] + b"\1" + _seed("example.com", "A")[12:] + _TSIG,
    dns.message.make_response(dns.message.make_query("example.com", "A")).to_wire(),
    *(bytes([0x42, 0x42, opcode << 3]) + _seed("example.com", "SOA")[3:] for opcode in range(16)),
    bytes(12),
]


def build() -> tuple[Responder, DnsMetrics, list[str]]:
    """A responder over a zone with something of everything, and what it told of faults."""
    views = _views()
    metrics, clock = DnsMetrics(views), SystemClock()
    faults: list[str] = []
    authoritative = AuthoritativeStage(views, AuthMetrics())
    plan = Plan(
        [IdentityStage(version="", hostname=""), authoritative],
        lambda stage, error: faults.append(f"{stage}: {error!r}"),
    )
    log = logging.getLogger("fuzz")
    return Responder(plan, metrics, clock, log, udp_payload_max=1232, nsid="n"), metrics, faults


RESPONDER, METRICS, FAULTS = build()


def respond(responder: Responder, data: bytes, transport: Transport) -> bytes | None:
    """The answer to a message, its header checked."""
    response = responder.respond(data, CLIENT, transport)
    if response is None:
        assert len(data) < 12 or data[2] & 0x80
        return None
    assert isinstance(response, bytes)
    assert response[:2] == data[:2]
    assert response[2] & 0xF8 == 0x80 | data[2] & 0x78
    assert len(response) <= (65535 if transport is Transport.TCP else 1232)
    return response


def one(data: bytes) -> None:
    """Answer a message by UDP and by TCP, and read the answers."""
    for transport in Transport:
        response = respond(RESPONDER, data, transport)
        if response is not None:
            as_query = response[:2] + bytes([response[2] & 0x87]) + response[3:]
            dns.message.from_wire(as_query)  # of other opcodes, dnspython knows too much
    assert not FAULTS, FAULTS
    assert METRICS.stage_failures.cell("encode").value == 0

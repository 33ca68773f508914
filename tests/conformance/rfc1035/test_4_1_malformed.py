"""RFC 1035 4.1: packets that are no messages, or whose counts and lengths lie."""

import struct

from tests.conformance.questions import Case, message, opt, question, raw, record
from tests.conformance.suite import agreement

_END = struct.pack("!2H", 1, 1)
_WWW = question("www.chain.test", "A")
_QUERY = message(_WWW)
_WITH_OPT = message(_WWW, additional=[opt()])
_OUTSIDE = message(question("www.elsewhere.invalid", "A"))


def _counts(qd: int, an: int, ns: int, ar: int, rest: bytes, bits: int = 0) -> bytes:
    return struct.pack("!6H", 0x4242, bits, qd, an, ns, ar) + rest


def _cut(packet: bytes, what: str) -> list[Case]:
    return [
        raw(f"{what}, first {length} of {len(packet)} octets", packet[:length])
        for length in range(len(packet))
    ]


test_cut_short = agreement(*_cut(_QUERY, "query"), *_cut(_WITH_OPT, "query with EDNS")[33:])

test_cut_short_by_tcp = agreement(
    *(
        raw(f"first {length} octets", _QUERY[:length], "tcp")
        for length in (1, 2, 11, 12, 13, 20, 27, 28, 30, 31)
    )
)

test_trailing_octets = agreement(
    raw("one", _QUERY + b"\0"),
    raw("two", _QUERY + b"ab"),
    raw("a hundred", _QUERY + b"x" * 100),
    raw("one after EDNS", _WITH_OPT + b"\0"),
    raw("a hundred after EDNS", _WITH_OPT + b"x" * 100),
    raw("a whole record that no count tells of", _QUERY + opt()),
    raw("a whole question that no count tells of", _QUERY + _WWW),
    raw("one, out of our zones", _OUTSIDE + b"\0"),
    raw("one by TCP", _QUERY + b"\0", "tcp"),
    raw("after a query of no such name", message(question("nowhere.chain.test")) + b"\0"),
)

test_counts_that_lie = agreement(
    raw("QDCOUNT 0 before a question", _counts(0, 0, 0, 0, _WWW)),
    raw("QDCOUNT 2 with one question", _counts(2, 0, 0, 0, _WWW)),
    raw("QDCOUNT 65535", _counts(65535, 0, 0, 0, _WWW)),
    raw("QDCOUNT 1 with no question", _counts(1, 0, 0, 0, b"")),
    raw("ANCOUNT 1 with none", _counts(1, 1, 0, 0, _WWW)),
    raw("ANCOUNT 65535", _counts(1, 65535, 0, 0, _WWW)),
    raw("NSCOUNT 1 with none", _counts(1, 0, 1, 0, _WWW)),
    raw("NSCOUNT 65535", _counts(1, 0, 65535, 0, _WWW)),
    raw("ARCOUNT 1 with none", _counts(1, 0, 0, 1, _WWW)),
    raw("ARCOUNT 2 with an OPT alone", _counts(1, 0, 0, 2, _WWW + opt())),
    raw("ARCOUNT 65535", _counts(1, 0, 0, 65535, _WWW + opt())),
    raw("all 65535", _counts(65535, 65535, 65535, 65535, _WWW)),
    raw("all 0", _counts(0, 0, 0, 0, b"")),
    raw("ARCOUNT 1 with none by TCP", _counts(1, 0, 0, 1, _WWW), "tcp"),
)

test_names_too_long = agreement(
    raw("256 octets", message((b"\x3f" + b"a" * 63) * 4 + b"\0" + _END)),
    raw(
        "256 octets in our zone",
        message((b"\x3f" + b"a" * 63) * 3 + b"\x32" + b"a" * 50 + b"\6labels\4test\0" + _END),
    ),
    raw("1000 octets", message((b"\x3f" + b"a" * 63) * 15 + b"\0" + _END)),
    raw("300 labels", message(b"\1a" * 300 + b"\0" + _END)),
    raw("no end", message((b"\x3f" + b"a" * 63) * 3)),
    raw("label past the end", message(b"\x3fabc")),
    raw("no root label", message(b"\3www\5chain\4test" + _END)),
)

test_records_that_lie = agreement(
    raw("RDLENGTH too long", message(_WWW, additional=[record(b"\0", 1, 1, 0, b"ab", length=4)])),
    raw("A of three octets", message(_WWW, additional=[record(b"\0", 1, 1, 0, b"abc")])),
    raw("A of five octets", message(_WWW, additional=[record(b"\0", 1, 1, 0, b"abcde")])),
    raw("MX without a name", message(_WWW, additional=[record(b"\0", 15, 1, 0, b"\0\1")])),
    raw("TXT string past its end", message(_WWW, additional=[record(b"\0", 16, 1, 0, b"\5ab")])),
    raw("SOA cut short", message(_WWW, authority=[record(b"\0", 6, 1, 0, b"\0\0\0\0")])),
    raw("record header cut short", _counts(1, 0, 0, 1, _WWW + b"\0\0\1\0\1")),
    raw("TSIG of nothing", message(_WWW, additional=[record(b"\0", 250, 255, 0, b"")])),
    raw("TSIG not last", message(_WWW, additional=[record(b"\0", 250, 255, 0, b""), opt()])),
    raw("SIG(0) of nothing", message(_WWW, additional=[record(b"\0", 24, 255, 0, b"")])),
)

test_noise = agreement(
    raw("empty", b""),
    raw("zeroes", b"\0" * 12),
    raw("fifty zeroes", b"\0" * 50),
    raw("ones", b"\xff" * 12),
    raw("fifty ones", b"\xff" * 50),
    raw("text", b"GET / HTTP/1.0\r\n\r\n"),
    raw("ones with QR clear", b"\xff\xff\x7f" + b"\xff" * 50),
    raw("a kilobyte of zeroes", b"\0" * 1000),
    raw("sixty kilobytes of zeroes by TCP", b"\0" * 60000, "tcp"),
    raw("zeroes by TCP", b"\0" * 12, "tcp"),
    raw("text by TCP", b"GET / HTTP/1.0\r\n\r\n", "tcp"),
)

"""RFC 1035 4.1.4: pointers where a query may have none, or has bad ones."""

import struct

from tests.conformance.questions import message, opt, question, raw, record
from tests.conformance.suite import agreement

_END = struct.pack("!2H", 1, 1)
_WWW = question("www.chain.test", "A")


def _pointer(offset: int) -> bytes:
    return struct.pack("!H", 0xC000 | offset)


test_pointers_in_the_qname = agreement(
    raw("to itself", message(_pointer(12) + _END)),
    raw("to its own second octet", message(_pointer(13) + _END)),
    raw("to the header", message(_pointer(0) + _END)),
    raw("to the header's end", message(_pointer(11) + _END)),
    raw("forward to a root", message(_pointer(18) + _END + b"\0")),
    raw("forward past the end", message(_pointer(1000) + _END)),
    raw("to the far end of offsets", message(_pointer(0x3FFF) + _END)),
    raw("label, then to itself", message(b"\3www" + _pointer(12) + _END)),
    raw("label, then to the pointer", message(b"\3www" + _pointer(16) + _END)),
    raw("two that point to each other", message(_pointer(14) + _pointer(12) + _END)),
    raw("half a pointer at the end", message(b"\3www\xc0")),
    raw("to itself by TCP", message(_pointer(12) + _END), "tcp"),
    raw("to a name in the additional", message(_pointer(18) + _END, additional=[opt()])),
)

test_second_question = agreement(
    raw("pointer to the first", message(_WWW, _pointer(12) + _END)),
    raw("label and a pointer to the first", message(_WWW, b"\1x" + _pointer(12) + _END)),
)

test_pointers_in_records = agreement(
    raw("owner to the qname", message(_WWW, additional=[record(_pointer(12), 1, 1, 0, b"\0" * 4)])),
    raw(
        "owner to itself",
        message(_WWW, additional=[record(_pointer(12 + len(_WWW)), 1, 1, 0, b"\0" * 4)]),
    ),
    raw(
        "owner past the end",
        message(_WWW, additional=[record(_pointer(0x3000), 1, 1, 0, b"\0" * 4)]),
    ),
    raw(
        "rdata name to itself",
        message(_WWW, additional=[record(b"\0", 5, 1, 0, _pointer(12 + len(_WWW) + 11))]),
    ),
    raw(
        "rdata name past the end",
        message(_WWW, additional=[record(b"\0", 2, 1, 0, _pointer(0x3000))]),
    ),
)

test_label_types = agreement(
    raw("0x40", message(b"\x41" + b"a" * 65 + b"\0" + _END)),
    raw("0x40 as the first octet of a bit string", message(b"\x41\x10\xff\xff\0" + _END)),
    raw("0x80", message(b"\x83www\0" + _END)),
    raw("0x40 after a good label", message(b"\3www\x43com\0" + _END)),
)

"""RFC 8945 5.2: messages signed with a key that the server does not have."""

import struct

from tests.conformance.questions import message, opt, question, raw, record
from tests.conformance.suite import agreement

_TSIG = 250
_ANY = 255
_SHA256 = b"\x0bhmac-sha256\0"
_MD5 = b"\x08hmac-md5\x07sig-alg\x03reg\x03int\0"


def _signature(algorithm: bytes = _SHA256, mac: bytes = bytes(32)) -> bytes:
    fixed = struct.pack("!HIHH", 0, 1_700_000_000, 300, len(mac))
    rdata = algorithm + fixed + mac + struct.pack("!HHH", 0x4242, 0, 0)
    return record(b"\3key\7unknown\0", _TSIG, _ANY, 0, rdata)


_WWW = question("www.chain.test")

test_unknown_key = agreement(
    raw("a query", message(_WWW, additional=[_signature()])),
    raw("a query with EDNS", message(_WWW, additional=[opt(), _signature()])),
    raw("a query by TCP", message(_WWW, additional=[_signature()]), "tcp"),
    raw("an old algorithm", message(_WWW, additional=[_signature(_MD5, bytes(16))])),
    raw("an unknown algorithm", message(_WWW, additional=[_signature(b"\4none\0", bytes(16))])),
    raw("no MAC", message(_WWW, additional=[_signature(mac=b"")])),
    raw("before EDNS", message(_WWW, additional=[_signature(), opt()])),
    raw("twice", message(_WWW, additional=[_signature(), _signature()])),
    raw("in the answer section", message(_WWW, answer=[_signature()])),
    raw(
        "out of our zones",
        message(question("www.elsewhere.invalid"), additional=[_signature()]),
    ),
    raw("a transfer", message(question("chain.test", "AXFR"), additional=[_signature()]), "tcp"),
)

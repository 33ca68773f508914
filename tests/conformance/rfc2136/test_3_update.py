"""RFC 2136 3: UPDATE from someone who may not."""

from tests.conformance.questions import asks, message, question, raw, record
from tests.conformance.suite import agreement

_UPDATE = 5 << 11
_OWNER = b"\3new\xc0\x0c"
_ADDITION = record(_OWNER, 1, 1, 300, b"\xc0\x00\x02\x63")

test_update = agreement(
    *asks("""
    chain.test SOA +opcode=5
    chain.test SOA +opcode=5 +noedns
    chain.test A +opcode=5
    www.chain.test SOA +opcode=5
    elsewhere.invalid SOA +opcode=5
    chain.test SOA CH +opcode=5
    chain.test SOA +opcode=5 +tcp
    """),
    raw(
        "an addition",
        message(question("chain.test", "SOA"), authority=[_ADDITION], bits=_UPDATE),
    ),
    raw("without a zone", message(bits=_UPDATE)),
    raw(
        "two zones",
        message(question("chain.test", "SOA"), question("chain.test", "SOA"), bits=_UPDATE),
    ),
)

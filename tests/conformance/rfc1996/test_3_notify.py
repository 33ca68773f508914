"""RFC 1996 3: NOTIFY from someone who is not our primary."""

from tests.conformance.questions import asks, message, question, raw, record
from tests.conformance.suite import agreement

_NOTIFY = 4 << 11
_SOA = record(b"\xc0\x0c", 6, 1, 300, b"\0\0" + b"\0\0\0\1" * 5)

test_notify = agreement(
    *asks("""
    chain.test SOA +opcode=4 +aa
    chain.test SOA +opcode=4
    chain.test A +opcode=4 +aa
    www.chain.test SOA +opcode=4 +aa
    elsewhere.invalid SOA +opcode=4 +aa
    chain.test SOA +opcode=4 +aa +noedns
    chain.test SOA +opcode=4 +aa +tcp
    chain.test SOA CH +opcode=4 +aa
    """),
    raw("with the new SOA", message(question("chain.test", "SOA"), answer=[_SOA], bits=_NOTIFY)),
    raw("without a question", message(bits=_NOTIFY)),
    raw("a response", message(question("chain.test", "SOA"), bits=_NOTIFY | 0x8000)),
)

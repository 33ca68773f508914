"""RFC 5936, RFC 1995: transfers asked by someone who may not, or by the wrong transport."""

from tests.conformance.questions import asks, message, question, raw, record
from tests.conformance.suite import agreement

_SOA = record(b"\xc0\x0c", 6, 1, 300, b"\0\0" + b"\0\0\0\1" * 5)

test_axfr = agreement(
    *asks("""
    chain.test AXFR
    chain.test AXFR +tcp
    chain.test AXFR +noedns
    www.chain.test AXFR +tcp
    elsewhere.invalid AXFR +tcp
    elsewhere.invalid AXFR
    """)
)

test_ixfr = agreement(
    *asks("""
    chain.test IXFR
    chain.test IXFR +tcp
    elsewhere.invalid IXFR
    """),
    raw("with the client's SOA", message(question("chain.test", "IXFR"), authority=[_SOA])),
    raw(
        "with the client's SOA by TCP",
        message(question("chain.test", "IXFR"), authority=[_SOA]),
        "tcp",
    ),
)

"""RFC 2181 5.2: the records of an RRset have one TTL on the wire; 8: TTLs are 0 to 2^31-1."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_unequal_ttls = agreement(
    *asks("""
    up.ttl.test A
    down.ttl.test A
    mid.ttl.test A
    """)
)

test_ttl_values = agreement(
    *asks("""
    zero.ttl.test A
    week.ttl.test A
    max.ttl.test A
    types.ttl.test A
    types.ttl.test AAAA
    negative3.test NS
    """)
)

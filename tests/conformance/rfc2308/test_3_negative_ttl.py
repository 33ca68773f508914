"""RFC 2308 3: the SOA of a negative answer has the lesser of its own TTL and its MINIMUM."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_negative_ttl = agreement(
    *asks("""
    nowhere.negative.test A
    ns1.negative.test AAAA
    negative.test SOA
    negative.test TXT
    nowhere.negative2.test A
    ns1.negative2.test AAAA
    negative2.test SOA
    nowhere.negative3.test A
    ns1.negative3.test AAAA
    ns1.negative3.test A
    negative3.test NS
    nowhere.chain2.test A
    across-nx.chain.test A
    across-nodata.chain.test A
    """)
)

"""RFC 2317 4: reverse names delegated by CNAME through labels with a slash."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_reverse = agreement(
    *asks("""
    1.2.0.192.in-addr.arpa PTR
    10.2.0.192.in-addr.arpa PTR
    20.2.0.192.in-addr.arpa PTR
    20.0/26.2.0.192.in-addr.arpa PTR
    0/26.2.0.192.in-addr.arpa NS
    0/26.2.0.192.in-addr.arpa PTR
    129.2.0.192.in-addr.arpa PTR
    129.128/26.2.0.192.in-addr.arpa PTR
    200.2.0.192.in-addr.arpa PTR
    200.2.0.192.in-addr.arpa CNAME
    local.2.0.192.in-addr.arpa PTR
    99.2.0.192.in-addr.arpa PTR
    2.0.192.in-addr.arpa NS
    1.1.2.0.192.in-addr.arpa PTR
    """)
)

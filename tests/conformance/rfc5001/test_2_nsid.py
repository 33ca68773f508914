"""RFC 5001 2: NSID asked of servers that have none to give."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_nsid = agreement(
    *asks("""
    www.chain.test A +option=3:
    www.chain.test A +option=3:00
    www.chain.test A +option=3:6162
    www.chain.test A +option=3: +tcp
    www.chain.test A +option=3: +option=3:
    www.elsewhere.invalid A +option=3:
    """)
)

"""RFC 7830: padding in queries over a transport that is not encrypted."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_padding = agreement(
    *asks(f"""
    www.chain.test A +option=12:
    www.chain.test A +option=12:00
    www.chain.test A +option=12:{"00" * 100}
    www.chain.test A +option=12:ffffff
    www.chain.test A +option=12:{"00" * 100} +tcp
    """)
)

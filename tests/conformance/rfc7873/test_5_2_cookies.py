"""RFC 7873 5.2: cookies, well formed and not, sent to servers that do not use them."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_cookies = agreement(
    *asks(f"""
    www.chain.test A +option=10:0102030405060708
    www.chain.test A +option=10:0102030405060708{"aa" * 8}
    www.chain.test A +option=10:0102030405060708{"aa" * 16}
    www.chain.test A +option=10:0102030405060708{"aa" * 32}
    www.chain.test A +option=10:0102030405060708 +tcp
    www.elsewhere.invalid A +option=10:0102030405060708
    """)
)

test_malformed_cookies = agreement(
    *asks(f"""
    www.chain.test A +option=10:
    www.chain.test A +option=10:01
    www.chain.test A +option=10:01020304050607
    www.chain.test A +option=10:010203040506070809
    www.chain.test A +option=10:0102030405060708{"aa" * 7}
    www.chain.test A +option=10:0102030405060708{"aa" * 33}
    www.chain.test A +option=10:0102030405060708 +option=10:0102030405060708
    """)
)

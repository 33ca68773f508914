"""RFC 9460 4.1 and 5: SVCB and HTTPS, with what an authoritative server may add."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_svcb = agreement(
    *asks("""
    svc.additional.test SVCB
    svcdot.additional.test SVCB
    svcalias.additional.test SVCB
    svcfar.additional.test SVCB
    x.dns.wild.test SVCB
    svcb.types.test SVCB
    svcb0.types.test SVCB
    svc.additional.test A
    """)
)

test_https = agreement(
    *asks("""
    web.additional.test HTTPS
    webalias.additional.test HTTPS
    https.types.test HTTPS
    https0.types.test HTTPS
    web.additional.test A
    """)
)

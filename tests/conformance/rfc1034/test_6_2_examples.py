"""RFC 1034 6.2: the standard queries of the example, to the server of EDU and C.ISI.EDU."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_examples = agreement(
    *asks("""
    EDU. SOA
    EDU. NS
    ISI.EDU. NS
    ISI.EDU. MX
    VAXA.ISI.EDU. A
    C.ISI.EDU. A
    A.ISI.EDU. A
    UCI.EDU. A
    ICS.UCI.EDU. A
    UDEL.EDU. A
    LOUIE.UDEL.EDU. A
    YALE.EDU. MX
    MIT.EDU. A
    XX.LCS.MIT.EDU. A
    LCS.MIT.EDU. A
    ACHILLES.MIT.EDU. A
    HARVARD.EDU. A
    SRI-NIC.ARPA. A
    SRI-NIC.ARPA. MX
    26.0.0.73.in-addr.arpa PTR
    """)
)

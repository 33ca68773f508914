"""RFC 1034 4.3.2 step 6, RFC 1035 3.3: addresses that a record's target brings along."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_name_servers = agreement(
    *asks("""
    additional.test NS
    additional.test NS +noedns
    additional.test NS +tcp
    cut.test NS
    mixed.case NS
    big.test NS
    """)
)

test_mail = agreement(
    *asks("""
    additional.test MX
    additional.test MX +noedns
    alias.additional.test MX
    nothing.additional.test MX
    text.additional.test MX
    wild.additional.test MX
    same.additional.test MX
    root.additional.test MX
    other.additional.test MX
    belowcut.additional.test MX
    belowcut2.additional.test MX
    toalias.additional.test MX
    dnmx.additional.test MX
    upper.additional.test MX
    chain.test MX
    x.mail.wild.test MX
    x.level1.wild.test MX
    big.test MX
    mx.big.test MX
    mx.big.test MX +noedns
    mx.big.test MX +bufsize=700
    mx.big.test MX +bufsize=1000
    mx.big.test MX +tcp
    """)
)

test_other_types = agreement(
    *asks("""
    ptr.additional.test PTR
    kx.additional.test KX
    afsdb.additional.test AFSDB
    rp.additional.test RP
    naptr.additional.test NAPTR
    naptra.additional.test NAPTR
    """)
)

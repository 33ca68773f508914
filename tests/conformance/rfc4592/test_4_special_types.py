"""RFC 4592 4: SOA, NS, CNAME, DNAME and DS at a wildcard."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_4_3_cname = agreement(
    *asks("""
    x.alias.wild.test A
    x.alias.wild.test CNAME
    x.alias.wild.test TXT
    x.y.alias.wild.test A
    alias.wild.test A
    x.again.wild.test A
    x.again.wild.test CNAME
    x.gone.wild.test A
    x.loop.wild.test A
    y.loop.wild.test A
    *.loop.wild.test A
    x.self.wild.test A
    self.wild.test A
    x.out.wild.test A
    x.zone.wild.test A
    x.zone.wild.test TXT
    x.alias.wild.test A +noedns
    x.alias.wild.test A +tcp
    """)
)

test_4_2_ns = agreement(
    *asks("""
    x.cut.wildns.test A
    x.cut.wildns.test NS
    *.cut.wildns.test NS
    *.cut.wildns.test A
    cut.wildns.test A
    y.x.cut.wildns.test A
    wildns.test SOA
    """)
)

test_4_4_dname = agreement(
    *asks("""
    x.d.wilddname.test A
    x.d.wilddname.test DNAME
    www.x.d.wilddname.test A
    www.*.d.wilddname.test A
    *.d.wilddname.test DNAME
    *.d.wilddname.test A
    d.wilddname.test A
    """)
)

test_4_6_ds = agreement(
    *asks("""
    x.wild.test DS
    *.wild.test DS
    x.alias.wild.test DS
    x.wild.test SOA
    x.wild.test NS
    x.wild.test DNAME
    """)
)

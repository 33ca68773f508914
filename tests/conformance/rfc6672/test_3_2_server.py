"""RFC 6672 3.2: DNAME in the algorithm; the CNAME that comes with it."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_below = agreement(
    *asks("""
    www.d.dname.test A
    www.d.dname.test TXT
    www.d.dname.test CNAME
    www.d.dname.test DNAME
    www.d.dname.test SOA
    www.d.dname.test NS
    www.d.dname.test DS
    www.d.dname.test ANY
    www.d.dname.test TYPE65280
    mail.d.dname.test MX
    alias.d.dname.test A
    alias.d.dname.test CNAME
    nowhere.d.dname.test A
    a.b.d.dname.test A
    cut.d.dname.test A
    x.cut.d.dname.test A
    cut.d.dname.test DS
    *.d.dname.test A
    www.d.dname.test A +noedns
    www.d.dname.test A +tcp
    www.d.dname.test A +do
    x.upper.dname.test A
    www.UPPER.dname.test A
    x.ttl0.dname.test A
    www.ttl0.dname.test A
    """)
)

test_owner = agreement(
    *asks("""
    d.dname.test DNAME
    d.dname.test A
    d.dname.test TXT
    d.dname.test MX
    d.dname.test CNAME
    d.dname.test NS
    d.dname.test SOA
    d.dname.test DS
    d.dname.test ANY
    chain.dname.test A
    chain.dname.test DNAME
    outside.dname.test A
    outside.dname.test DNAME
    back.ent.dname.test DNAME
    ent.dname.test A
    """)
)

test_chains = agreement(
    *asks("""
    www.chain.dname.test A
    www.chain2.dname.test A
    alias.chain2.dname.test A
    mail.chain.dname.test MX
    nowhere.chain2.dname.test A
    cname.dname.test A
    cname.dname.test CNAME
    cname2.dname.test A
    cname2.dname.test DNAME
    cname2.dname.test MX
    www.d.apexaway.dname.test A
    www.target.apexaway.dname.test A
    apexaway.apexaway.dname.test A
    x.apexaway.apexaway.dname.test A
    www.back.ent.dname.test A
    www.other.dname.test A
    nowhere.other.dname.test A
    host.cut.other.dname.test A
    x.dn.other.dname.test A
    x.dn.chain2.test A
    x.wild.dname.test A
    x.y.wild.dname.test A
    z.y.wild.dname.test A
    wild.dname.test A
    """)
)

test_loops = agreement(
    *asks("""
    x.self.dname.test A
    x.self.dname.test CNAME
    self.dname.test A
    self.dname.test DNAME
    x.loop1.dname.test A
    x.y.loop1.dname.test A
    x.loop2.dname.test TXT
    loop1.dname.test A
    x.deeper.dname.test A
    www.toroot.dname.test A
    chain.test.toroot.dname.test A
    www.chain.test.toroot.dname.test A
    """)
)

test_out_of_our_zones = agreement(
    *asks("""
    www.outside.dname.test A
    www.outside.dname.test TXT
    www.outside.dname.test CNAME
    a.b.c.outside.dname.test A
    www.gone.dname.test A
    a.b.gone.dname.test A
    """)
)

test_at_a_cut = agreement(
    *asks("""
    at.delegated.dname.test DNAME
    x.at.delegated.dname.test A
    d.cutdname.test A
    d.cutdname.test NS
    d.cutdname.test DNAME
    d.cutdname.test DS
    www.d.cutdname.test A
    cutdname.test SOA
    """)
)

test_2_3_apex = agreement(
    *asks("""
    dnameapex.test A
    dnameapex.test SOA
    dnameapex.test NS
    dnameapex.test DNAME
    dnameapex.test MX
    dnameapex.test DS
    dnameapex.test ANY
    www.dnameapex.test A
    www.dnameapex.test MX
    www.dnameapex.test CNAME
    a.b.dnameapex.test A
    nowhere.dnameapex.test A
    cut.dnameapex.test A
    alias.dnameapex.test A
    """)
)

test_2_4_names_below = agreement(
    *asks("""
    d.belowdname.test DNAME
    www.d.belowdname.test A
    x.d.belowdname.test A
    x.d.belowdname.test TXT
    *.d.belowdname.test TXT
    belowdname.test SOA
    """)
)

"""RFC 8020 2, RFC 4592 2.2.2: a name that has names below it exists, whether it owns records or
not.
"""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_empty_non_terminals = agreement(
    *asks("""
    d.ent.test A
    c.d.ent.test A
    b.c.d.ent.test A
    a.b.c.d.ent.test A
    z.a.b.c.d.ent.test A
    x.c.d.ent.test TXT
    x.c.d.ent.test A
    y.c.d.ent.test A
    y.b.c.d.ent.test A
    b.c.d.ent.test ANY
    c.d.ent.test NS
    c.d.ent.test SOA
    c.d.ent.test DS
    c.d.ent.test CNAME
    c.d.ent.test TYPE65280
    far.ent.test A
    cut.far.ent.test A
    deep.cut.far.ent.test A
    under.deep.cut.far.ent.test A
    deep.cut.far.ent.test DS
    x.under.deep.cut.far.ent.test A
    y.deep.cut.far.ent.test A
    _tcp.ent.test A
    _tcp.ent.test SRV
    _tcp.mail.ent.test TLSA
    mail.ent.test A
    _25._tcp.mail.ent.test TLSA
    mid.ent.test A
    alias.mid.ent.test A
    leaf.alias.mid.ent.test A
    mid2.ent.test A
    dn.mid2.ent.test A
    below.dn.mid2.ent.test A
    x.below.dn.mid2.ent.test A
    to-ent.ent.test A
    to-ent.ent.test TXT
    mid3.ent.test A
    star.mid3.ent.test A
    star.mid3.ent.test TXT
    x.star.mid3.ent.test A
    x.mid3.ent.test A
    ent.wild.test A
    deep.ent.wild.test A
    x.ent.wild.test A
    x.deep.ent.wild.test A
    d.ent.test A +noedns
    d.ent.test A +tcp
    """)
)

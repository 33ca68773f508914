"""RFC 4592 3.3: the closest encloser and the source of synthesis."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_source_of_synthesis = agreement(
    *asks("""
    x.wild.test A
    x.wild.test TXT
    x.wild.test AAAA
    x.wild.test MX
    x.y.wild.test A
    a.b.c.d.wild.test A
    x.wild.test A +noedns
    x.wild.test A +tcp
    x.wild.test A +do
    x.level1.wild.test A
    x.level1.wild.test MX
    x.level1.wild.test TXT
    x.y.level1.wild.test A
    level1.wild.test A
    level2.level1.wild.test A
    x.level2.level1.wild.test A
    x.level2.level1.wild.test MX
    x.y.level2.level1.wild.test A
    x.text.wild.test A
    x.text.wild.test TXT
    text.wild.test TXT
    level3.wild.test A
    x.level3.wild.test A
    a.x.level3.wild.test A
    a.*.level3.wild.test A
    b.*.level3.wild.test A
    """)
)

test_existing_names_block = agreement(
    *asks("""
    exists.wild.test A
    exists.wild.test TXT
    below.exists.wild.test A
    ns1.wild.test A
    ns1.wild.test TXT
    x.ns1.wild.test TXT
    wild.test A
    wild.test TXT
    ent.wild.test TXT
    x.ent.wild.test TXT
    deep.ent.wild.test TXT
    """)
)

test_asked_literally = agreement(
    *asks("""
    *.wild.test A
    *.wild.test TXT
    *.wild.test MX
    *.level1.wild.test A
    *.level2.level1.wild.test A
    *.nothing.wild.test A
    x.*.wild.test A
    *.*.wild.test A
    *.alias.wild.test A
    *.alias.wild.test CNAME
    *.level3.wild.test A
    x.*.level1.wild.test A
    *.*.level1.wild.test A
    """)
)

test_stars_elsewhere = agreement(
    *asks("""
    inner.wild.test TXT
    *.inner.wild.test TXT
    a.*.inner.wild.test TXT
    b.*.inner.wild.test TXT
    a.b.inner.wild.test TXT
    x.inner.wild.test TXT
    *a.notwild.wild.test TXT
    a*.notwild.wild.test TXT
    xa.notwild.wild.test TXT
    ax.notwild.wild.test TXT
    notwild.wild.test TXT
    double.wild.test A
    *.double.wild.test A
    *.*.double.wild.test A
    x.*.double.wild.test A
    x.y.double.wild.test A
    x.double.wild.test A
    \\*.wild.test A
    x.\\*.escaped.labels.test A
    *.escaped.labels.test A
    x.escaped.labels.test A
    """)
)

test_additional_from_wildcards = agreement(
    *asks("""
    _x._tcp.wild.test SRV
    _x._udp.wild.test SRV
    x.mail.wild.test MX
    mail.wild.test MX
    x.big.wild.test TXT
    """)
)

test_any_at_wildcards = agreement(
    *asks("""
    x.wild.test ANY
    *.wild.test ANY
    x.level1.wild.test ANY
    x.alias.wild.test ANY
    """)
)

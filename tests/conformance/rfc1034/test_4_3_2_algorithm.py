"""RFC 1034 4.3.2: from the question to the answer, for names that need nothing more."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_apex = agreement(
    *asks("""
    chain.test SOA
    chain.test NS
    chain.test MX
    chain.test A
    chain.test SOA +tcp
    chain.test NS +noedns
    tiny.test SOA
    tiny.test NS
    tiny.test A
    tiny.test DS
    tiny.test DNSKEY
    labels.test SOA
    negative3.test SOA
    2.0.192.in-addr.arpa SOA
    example SOA
    example NS
    """)
)

test_existing_names = agreement(
    *asks("""
    www.chain.test A
    www.chain.test AAAA
    www.chain.test A +tcp
    www.chain.test A +noedns
    www.chain.test A +noedns +tcp
    www.chain.test A +do
    www.chain.test A +rd
    ns1.chain.test A
    text.chain.test TXT
    host1.example A
    """)
)

test_no_data = agreement(
    *asks("""
    www.chain.test TXT
    www.chain.test MX
    www.chain.test NS
    www.chain.test SOA
    www.chain.test CNAME
    www.chain.test DNAME
    www.chain.test DS
    www.chain.test NSEC
    www.chain.test RRSIG
    www.chain.test TYPE65280
    www.chain.test TXT +noedns
    www.chain.test TXT +tcp
    www.chain.test TXT +do
    chain.test TXT
    chain.test CNAME
    ns1.chain.test AAAA
    host1.example MX
    """)
)

test_no_such_name = agreement(
    *asks("""
    nowhere.chain.test A
    nowhere.chain.test MX
    nowhere.chain.test SOA
    nowhere.chain.test NS
    nowhere.chain.test DS
    nowhere.chain.test CNAME
    nowhere.chain.test TYPE65280
    a.b.c.d.nowhere.chain.test A
    below.www.chain.test A
    below.ns1.chain.test A
    below.alias.chain.test A
    nowhere.chain.test A +noedns
    nowhere.chain.test A +tcp
    nowhere.chain.test A +do
    nowhere.tiny.test A
    *.chain.test A
    *.nowhere.chain.test A
    """)
)

test_not_our_zone = agreement(
    *asks("""
    www.elsewhere.invalid A
    www.elsewhere.invalid A +noedns
    www.elsewhere.invalid A +tcp
    www.elsewhere.invalid A +rd
    www.elsewhere.invalid ANY
    www.elsewhere.invalid SOA
    test A
    test NS
    test SOA
    test DS
    xchain.test A
    chain.testx A
    hain.test A
    invalid NS
    in-addr.arpa NS
    1.1.192.in-addr.arpa PTR
    0.192.in-addr.arpa NS
    """)
)

test_root = agreement(
    *asks("""
    . NS
    . SOA
    . A
    . ANY
    . DS
    . DNSKEY
    . NS +noedns
    . NS +tcp
    . TYPE65280
    """)
)

test_recursion_is_not_offered = agreement(
    *asks("""
    alias.chain.test A +rd
    out.chain.test A +rd
    nowhere.chain.test A +rd
    host.cut.chain.test A +rd
    chain.test NS +rd
    """)
)

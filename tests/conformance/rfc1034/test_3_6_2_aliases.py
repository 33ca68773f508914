"""RFC 1034 3.6.2 and 4.3.2 step 3a: CNAME, followed as far as we are authoritative."""

import itertools

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_in_zone = agreement(
    *asks("""
    alias.chain.test A
    alias.chain.test AAAA
    alias.chain.test CNAME
    alias.chain.test TXT
    alias.chain.test SOA
    alias.chain.test NS
    alias.chain.test DS
    alias.chain.test DNAME
    alias.chain.test TYPE65280
    alias.chain.test A +noedns
    alias.chain.test A +tcp
    alias2.chain.test A
    alias2.chain.test CNAME
    alias3.chain.test A
    alias3.chain.test AAAA
    alias3.chain.test MX
    apex.chain.test A
    apex.chain.test SOA
    apex.chain.test NS
    apex.chain.test MX
    upper.chain.test A
    """)
)

test_to_nothing = agreement(
    *asks("""
    nodata.chain.test A
    nodata.chain.test TXT
    nxdomain.chain.test A
    nxdomain.chain.test CNAME
    nxdomain.chain.test ANY
    nxdomain2.chain.test A
    nxdomain2.chain.test TXT
    to-ent.chain.test A
    to-ent.chain.test TXT
    nxdomain.chain.test A +noedns
    nxdomain.chain.test A +tcp
    nodata.chain.test A +noedns
    """)
)

test_loops = agreement(
    *asks("""
    self.chain.test A
    self.chain.test CNAME
    loop1.chain.test A
    loop2.chain.test A
    loop1.chain.test CNAME
    into-loop.chain.test A
    loop-a.chain.test A
    loop-b.chain.test TXT
    across-loop.chain.test A
    self.chain.test A +tcp
    self.chain.test A +noedns
    """)
)

test_across_zones = agreement(
    *asks("""
    across.chain.test A
    across.chain.test TXT
    across.chain.test CNAME
    across2.chain.test A
    across2.chain.test MX
    across-nx.chain.test A
    across-nodata.chain.test A
    across-nodata.chain.test TXT
    across-cut.chain.test A
    across-cut.chain.test TXT
    across-dname.chain.test A
    across-dname.chain.test MX
    back.chain2.test A
    to-child.chain.test A
    to-child.chain.test TXT
    to-parent.chain.test A
    to-child.parent.test A
    up.child.parent.test A
    20.2.0.192.in-addr.arpa PTR
    200.2.0.192.in-addr.arpa PTR
    """)
)

test_out_of_our_zones = agreement(
    *asks("""
    out.chain.test A
    out.chain.test CNAME
    out.chain.test TXT
    out2.chain.test A
    root.chain.test A
    root.chain.test NS
    out.chain.test A +rd
    out.chain.test A +noedns
    129.2.0.192.in-addr.arpa PTR
    """)
)

test_to_delegations = agreement(
    *asks("""
    to-cut.chain.test A
    to-cut.chain.test NS
    to-cut.chain.test DS
    to-cut.chain.test SOA
    below-cut.chain.test A
    below-cut.chain.test MX
    below-cut.chain.test DS
    """)
)

test_to_dname_and_wildcard = agreement(
    *asks("""
    to-dname.chain.test A
    to-dname.chain.test TXT
    into-dname.chain.test A
    into-dname.chain.test DNAME
    a.dn.chain.test A
    nowhere.dn.chain.test A
    wild.chain.test A
    wild.chain.test TXT
    """)
)

test_long_chains = agreement(
    *asks(
        "\n".join(
            f"c{start:02}.chain.test {qtype}"
            for start, qtype in itertools.product((1, 5, 8, 9, 12, 13, 14, 20, 24), ("A", "MX"))
        )
    )
)

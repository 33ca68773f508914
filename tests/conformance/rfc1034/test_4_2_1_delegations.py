"""RFC 1034 4.2.1 and 4.3.2 step 3b: referrals, with glue where it is needed."""

import itertools

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

_CUTS = (
    *("in", "itself", "sibling", "usesibling", "own", "out", "noglue", "other", "bywild"),
    *("signed", "deep.ent", "mixed", "many"),
)

test_at_the_cut = agreement(
    *asks(
        "\n".join(
            f"{cut}.cut.test {qtype}"
            for cut, qtype in itertools.product(
                _CUTS, ("A", "NS", "SOA", "TXT", "CNAME", "DNAME", "ANY")
            )
        )
    )
)

test_below_the_cut = agreement(
    *asks(
        "\n".join(
            f"{name}.{cut}.cut.test {qtype}"
            for cut, name, qtype in itertools.product(_CUTS, ("www", "a.b"), ("A", "NS"))
        )
    )
)

test_glue_is_not_authoritative = agreement(
    *asks("""
    ns.in.cut.test A
    ns.in.cut.test AAAA
    ns.in.cut.test TXT
    ns2.in.cut.test A
    below.ns.in.cut.test A
    itself.cut.test A
    itself.cut.test AAAA
    ns.sibling.cut.test A
    ns.noglue.cut.test A
    ns13.many.cut.test AAAA
    """)
)

test_occluded_names = agreement(
    *asks("""
    in.cut.test TXT
    in.cut.test A
    www.in.cut.test A
    alias.in.cut.test A
    alias.in.cut.test CNAME
    dn.in.cut.test DNAME
    x.dn.in.cut.test A
    *.in.cut.test TXT
    any.in.cut.test TXT
    below.in.cut.test NS
    ns.below.in.cut.test A
    x.below.in.cut.test A
    below.in.cut.test DS
    *.cut.wild.test A
    x.cut.wild.test A
    x.hidden.wild.test A
    *.hidden.wild.test A
    y.hidden.wild.test A
    """)
)

test_glue_sizes = agreement(
    *asks("""
    www.many.cut.test A +noedns
    www.many.cut.test A +bufsize=512
    www.many.cut.test A +bufsize=700
    www.many.cut.test A +bufsize=4096
    www.many.cut.test A +tcp
    www.many.cut.test A +tcp +noedns
    www.in.cut.test A +noedns
    www.in.cut.test A +tcp
    www.in.cut.test A +do
    """)
)

test_made_by_a_wildcard = agreement(
    *asks("""
    x.below.wild.test A
    below.wild.test NS
    any.star.cut.test A
    """)
)

test_child_and_parent_on_one_server = agreement(
    *asks("""
    child.parent.test SOA
    child.parent.test NS
    child.parent.test TXT
    child.parent.test A
    www.child.parent.test A
    ns1.child.parent.test A
    only-in-parent.child.parent.test TXT
    nowhere.child.parent.test A
    cut.child.parent.test A
    cut.child.parent.test DS
    x.cut.child.parent.test A
    www.parent.test A
    nowhere.parent.test A
    parent.test NS
    nods.parent.test NS
    nods.parent.test SOA
    www.nods.parent.test A
    undelegated.parent.test SOA
    undelegated.parent.test A
    ns1.undelegated.parent.test A
    nowhere.undelegated.parent.test A
    www.down.parent.test A
    nowhere.down.parent.test A
    up.down.parent.test A
    grand.mid.parent.test A
    mid.parent.test A
    x.grand.mid.parent.test A
    """)
)

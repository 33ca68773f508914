"""RFC 8482 4: ANY may be answered with less than everything."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_any = agreement(
    *asks("""
    both.types.test ANY
    both.types.test ANY +tcp
    both.types.test ANY +noedns
    both.types.test ANY +do
    a.types.test ANY
    a2.types.test ANY
    types.test ANY
    types.test ANY +tcp
    cname.types.test ANY
    dname.types.test ANY
    ds.types.test ANY
    unknown.types.test ANY
    chain.test ANY
    alias.chain.test ANY
    www.chain.test ANY
    nowhere.chain.test ANY
    tiny.test ANY
    d.ent.test ANY
    in.cut.test ANY
    www.in.cut.test ANY
    x.d.dname.test ANY
    d.dname.test ANY
    x.wild.test ANY
    x.alias.wild.test ANY
    child.parent.test ANY
    www.elsewhere.invalid ANY
    """)
)

"""RFC 3597: types that nobody knows are served as they are, and asked for like any other."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_unknown_types = agreement(
    *asks("""
    unknown.types.test TYPE65280
    unknown.types.test TYPE65281
    unknown0.types.test TYPE65281
    unknown.types.test A
    unknown.types.test ANY
    www.chain.test TYPE65280
    www.chain.test TYPE65534
    www.chain.test TYPE65535
    www.chain.test TYPE256
    www.chain.test TYPE1000
    www.chain.test TYPE0
    www.chain.test TYPE100
    nowhere.chain.test TYPE65280
    alias.chain.test TYPE65280
    x.wild.test TYPE65280
    www.in.cut.test TYPE65280
    www.d.dname.test TYPE65280
    c.d.ent.test TYPE65280
    www.elsewhere.invalid TYPE65280
    """)
)

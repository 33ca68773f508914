"""RFC 4343: names match in any case, and the question comes back as it was asked."""

from dataclasses import replace

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_matching = agreement(
    *asks("""
    WWW.CHAIN.TEST A
    wWw.cHaIn.TeSt A
    ALIAS.chain.TEST A
    Nowhere.Chain.Test A
    WWW.chain.test TXT
    mixed.case SOA
    MIXED.CASE SOA
    mIxEd.CaSe NS
    www.mixed.case A
    WWW.MIXED.CASE A
    WwW.Mixed.Case A
    alias.mixed.case A
    ALIAS.Mixed.case CNAME
    mx.mixed.case MX
    Foo.sTaR.mIxEd.CaSe TXT
    x.dn.mixed.case A
    X.DN.MIXED.CASE A
    X.dn.Mixed.Case TXT
    HOST.CUT.MIXED.CASE A
    mixedcase.labels.test A
    MIXEDCASE.labels.test A
    mixed.lower.labels.test A
    MIXED.LOWER.labels.test CNAME
    WWW.ELSEWHERE.Invalid A
    X.WILD.test A
    HOST3.example MX
    WWW.D.DNAME.TEST A
    Child.Parent.Test DS
    WWW.Child.Parent.Test A
    B\\195\\188CHER.labels.test A
    B\\195\\156CHER.labels.test A
    \\192\\193\\200.labels.test A
    \\224\\225\\232.labels.test A
    """)
)

test_case_of_owners_and_targets = agreement(
    *(
        replace(case, case_matters=True)
        for case in asks("""
        www.chain.test A
        WWW.CHAIN.TEST A
        wWw.mixed.case A
        alias.mixed.case A
        alias.mixed.case CNAME
        mx.mixed.case MX
        mixed.case NS
        MIXED.case NS
        foo.star.MIXED.case TXT
        X.dn.mixed.case A
        HOST.cut.mixed.case A
        NOWHERE.mixed.case A
        X.wild.test A
        upper.chain.test A
        UPPER.additional.test MX
        """)
    )
)

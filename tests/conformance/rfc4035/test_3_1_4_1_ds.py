"""RFC 4035 3.1.4.1: DS belongs to the parent's side of the cut."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_ds_at_a_cut = agreement(
    *asks("""
    signed.cut.test DS
    signed.cut.test DS +do
    signed.cut.test A
    signed.cut.test A +do
    www.signed.cut.test A +do
    in.cut.test DS
    own.cut.test DS
    out.cut.test DS
    deep.ent.cut.test DS
    x.signed.cut.test DS
    x.in.cut.test DS
    cut.chain.test DS
    ds.types.test DS
    ds.types.test A
    signed.cut.test DS +noedns
    signed.cut.test DS +tcp
    """)
)

test_ds_where_parent_and_child_are_served = agreement(
    *asks("""
    child.parent.test DS
    child.parent.test DS +do
    nods.parent.test DS
    undelegated.parent.test DS
    parent.test DS
    www.child.parent.test DS
    cut.child.parent.test DS
    child.parent.test DNSKEY
    child.parent.test ANY
    """)
)

test_ds_at_an_apex_without_the_parent = agreement(
    *asks("""
    chain.test DS
    tiny.test DS
    example DS
    dnameapex.test DS
    chain.test DS +do
    """)
)

test_dnssec_ok_without_signatures = agreement(
    *asks("""
    www.chain.test A +do
    alias.chain.test A +do
    nowhere.chain.test A +do
    www.chain.test TXT +do
    x.wild.test A +do
    www.d.dname.test A +do
    www.in.cut.test A +do
    www.chain.test RRSIG +do
    www.chain.test NSEC +do
    chain.test NSEC3PARAM +do
    chain.test DNSKEY +do
    www.elsewhere.invalid A +do
    """)
)

test_dnssec_data_as_plain_records = agreement(
    *asks("""
    dnskey.types.test DNSKEY
    cds.types.test CDS
    dnskey.types.test A
    """)
)

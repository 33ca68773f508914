"""RFC 1035 3.3 and the documents of later types: each type's records come as the zone has them."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

_OWNERS_AND_TYPES = """
    a A / a2 A / aaaa AAAA / both A / both AAAA / both TXT / both MX / cname A / cname CNAME /
    mx MX / nullmx MX / ptr PTR / srv SRV / txt TXT / txts TXT / empty TXT / caa CAA / svcb SVCB /
    svcb0 SVCB / https HTTPS / https0 HTTPS / dname DNAME / tlsa TLSA / sshfp SSHFP / naptr NAPTR /
    naptr2 NAPTR / ds DS / dnskey DNSKEY / cds CDS / loc LOC / hinfo HINFO / rp RP / afsdb AFSDB /
    kx KX / uri URI / unknown TYPE65280 / unknown0 TYPE65281 / known A / openpgp TYPE61
"""
_PAIRS = [pair.split() for pair in _OWNERS_AND_TYPES.split("/")]

test_each_type = agreement(
    *asks("\n".join(f"{owner}.types.test {qtype}" for owner, qtype in _PAIRS))
)

test_each_type_without_edns = agreement(
    *asks("\n".join(f"{owner}.types.test {qtype} +noedns" for owner, qtype in _PAIRS))
)

test_each_type_by_tcp = agreement(
    *asks("\n".join(f"{owner}.types.test {qtype} +tcp" for owner, qtype in _PAIRS))
)

"""RFC 2782: SRV, whose target's addresses may come along."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_srv = agreement(
    *asks("""
    _s._tcp.additional.test SRV
    _s._tcp.additional.test SRV +noedns
    _s._tcp.additional.test SRV +tcp
    _s._tcp.additional.test A
    _r._tcp.additional.test SRV
    srv.types.test SRV
    _sip._tcp.ent.test SRV
    _tcp.ent.test SRV
    _http._tcp.wild.test SRV
    _http._udp.wild.test SRV
    _ssh._tcp.host1.example SRV
    _ssh._tcp.host2.example SRV
    """)
)

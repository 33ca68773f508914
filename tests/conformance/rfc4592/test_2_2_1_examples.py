"""RFC 4592 2.2.1 and 2.2.2: the document's own example zone and the questions it puts to it."""

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

test_synthesized = agreement(
    *asks("""
    host3.example. MX
    host3.example. A
    foo.bar.example. TXT
    """)
)

test_not_synthesized = agreement(
    *asks("""
    host1.example. MX
    sub.*.example. MX
    _telnet._tcp.host1.example. SRV
    host.subdel.example. A
    ghost.*.example. MX
    """)
)

test_more_of_the_example = agreement(
    *asks("""
    *.example. MX
    *.example. TXT
    *.example. A
    *.example. ANY
    sub.*.example. TXT
    x.sub.*.example. TXT
    host1.example. ANY
    host3.example. ANY
    _tcp.host1.example. SRV
    _tcp.host2.example. SRV
    host2.example. A
    host2.example. TXT
    x.host2.example. TXT
    _ssh._tcp.host2.example. SRV
    _ssh._tcp.host3.example. SRV
    subdel.example. NS
    subdel.example. DS
    a.b.c.d.e.f.g.example. TXT
    """)
)

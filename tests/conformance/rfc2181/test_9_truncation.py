"""RFC 2181 9, RFC 6891 6.2.5: what does not fit is cut with TC, and TCP has it all."""

import itertools

from tests.conformance.questions import asks
from tests.conformance.suite import agreement

_NEAR_512 = (400, 440, 450, 453, 454, 455, 456, 457, 458, 459, 460, 465, 470, 480, 500, 512, 600)
_NEAR_1232 = (
    *(1000, 1150, 1160, 1170, 1172, 1173, 1174, 1175, 1176, 1177, 1178, 1179, 1180),
    *(1185, 1190, 1200, 1232),
)
_BEYOND = (1300, 1400, 1452, 1500, 2000, 4000, 4096, 4200, 8000, 16000, 32000)
_HUGE = (60000, 65000)


def _lines(sizes: tuple[int, ...], options: tuple[str, ...], zone: str = "big.test") -> str:
    return "\n".join(
        f"t{size}.{zone} TXT {option}" for size, option in itertools.product(sizes, options)
    )


test_512_without_edns = agreement(*asks(_lines((100, *_NEAR_512, 1000, 4000), ("+noedns",))))
test_512_with_edns = agreement(*asks(_lines((100, *_NEAR_512), ("+bufsize=512",))))
test_less_than_512_counts_as_512 = agreement(
    *asks(_lines((100, 400, 440, 450, 500), ("+bufsize=0", "+bufsize=100", "+bufsize=511")))
)
test_1232 = agreement(*asks(_lines(_NEAR_1232, ("+bufsize=1232",))))
test_servers_own_limit = agreement(
    *asks(_lines((1000, 1150, 1200, 1232, *_BEYOND), ("+bufsize=4096", "+bufsize=65535")))
)
test_between = agreement(
    *asks(_lines((600, 1000, 1150, 1170), ("+bufsize=700", "+bufsize=1100", "+bufsize=1231")))
)
test_tcp_has_it_all = agreement(*asks(_lines((*_NEAR_512, *_NEAR_1232, *_BEYOND), ("+tcp",))))
test_tcp_ignores_the_payload_size = agreement(
    *asks(_lines((600, 2000, 32000), ("+tcp +noedns", "+tcp +bufsize=512", "+tcp +bufsize=0")))
)
test_nearly_all_that_a_message_can_hold = agreement(
    *asks(_lines(_HUGE, ("+tcp", "+noedns", "+bufsize=65535"), "huge.test"))
)

test_rrsets = agreement(
    *asks("""
    many.big.test A
    many.big.test A +noedns
    many.big.test A +bufsize=512
    many.big.test A +bufsize=1100
    many.big.test A +tcp
    hundreds.big.test A
    hundreds.big.test A +noedns
    hundreds.big.test A +tcp
    strings.big.test TXT
    strings.big.test TXT +tcp
    alias.big.test TXT
    alias.big.test TXT +noedns
    alias2.big.test TXT
    alias2.big.test TXT +tcp
    x.wild.big.test TXT
    x.wild.big.test TXT +noedns
    t600.dn.big.test TXT
    t600.dn.big.test TXT +noedns
    t2000.dn.big.test TXT +noedns
    x.hugecut.big.test A
    x.hugecut.big.test A +noedns
    x.hugecut.big.test A +tcp
    x.cut.big.test A
    x.cut.big.test A +noedns
    x.cut.big.test A +bufsize=512
    x.cut.big.test A +bufsize=800
    x.cut.big.test A +bufsize=1000
    x.cut.big.test A +tcp
    """)
)

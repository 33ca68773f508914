"""RFC 6891: the OPT record in queries good and bad, and the one in the reply."""

from tests.conformance.questions import asks, message, opt, option, question, raw, record
from tests.conformance.suite import agreement

_WWW = question("www.chain.test", "A")
_A_RECORD = record(b"\3www\5chain\4test\0", 1, 1, 300, b"\xc0\x00\x02\x0a")

test_absent = agreement(
    *asks("""
    www.chain.test A +noedns
    nowhere.chain.test A +noedns
    www.elsewhere.invalid A +noedns
    """)
)

test_payload_sizes = agreement(
    *asks("""
    www.chain.test A +bufsize=0
    www.chain.test A +bufsize=1
    www.chain.test A +bufsize=100
    www.chain.test A +bufsize=511
    www.chain.test A +bufsize=512
    www.chain.test A +bufsize=513
    www.chain.test A +bufsize=1232
    www.chain.test A +bufsize=1400
    www.chain.test A +bufsize=4096
    www.chain.test A +bufsize=65535
    www.chain.test A +bufsize=512 +tcp
    """)
)

test_6_1_3_versions = agreement(
    *asks("""
    www.chain.test A +version=1
    www.chain.test A +version=2
    www.chain.test A +version=255
    www.chain.test A +version=1 +do
    www.chain.test A +version=1 +tcp
    www.chain.test A +version=1 +rd
    nowhere.chain.test A +version=1
    www.elsewhere.invalid A +version=1
    www.chain.test ANY +version=1
    www.chain.test A CH +version=1
    www.chain.test A +version=1 +option=65001:00
    www.chain.test A +version=100 +bufsize=100
    """)
)

test_6_1_4_flags = agreement(
    *asks("""
    www.chain.test A +do
    www.chain.test A +ednsflags=0x4000
    www.chain.test A +ednsflags=0x7fff
    www.chain.test A +ednsflags=0xffff
    www.chain.test A +ednsflags=1
    www.chain.test TXT +do
    nowhere.chain.test A +do
    www.elsewhere.invalid A +do
    www.chain.test A +do +tcp
    """)
)

test_extended_rcode_in_a_query = agreement(
    *asks("""
    www.chain.test A +rcode=1
    www.chain.test A +rcode=255
    """)
)

test_6_1_2_unknown_options = agreement(
    *asks("""
    www.chain.test A +option=65001:
    www.chain.test A +option=65001:00010203
    www.chain.test A +option=65535:00
    www.chain.test A +option=0:00
    www.chain.test A +option=65001:00 +option=65002:0102 +option=65001:00
    www.chain.test A +option=26946:deadbeef +tcp
    www.chain.test A +option=15:0000
    www.chain.test A +option=9:
    www.chain.test A +option=11:
    www.chain.test A +option=14:0001
    www.chain.test A +option=13:0003777777
    www.chain.test A +option=5:08 +option=6:01 +option=7:01
    """)
)

test_client_subnet = agreement(
    *asks("""
    www.chain.test A +option=8:00011800c00002
    www.chain.test A +option=8:00010000
    www.chain.test A +option=8:0002380020010db8000000
    www.chain.test A +option=8:
    www.chain.test A +option=8:0001
    www.chain.test A +option=8:00012100c0000201
    www.chain.test A +option=8:00011818c00002
    www.chain.test A +option=8:00031800c00002
    """)
)

test_keepalive = agreement(
    *asks("""
    www.chain.test A +option=11: +tcp
    www.chain.test A +option=11:0064 +tcp
    www.chain.test A +option=11:0064
    """)
)

test_option_lists_that_lie = agreement(
    raw("one octet", message(_WWW, additional=[opt(options=b"\x00")])),
    raw("three octets", message(_WWW, additional=[opt(options=b"\x00\x03\x00")])),
    raw(
        "option longer than the rdata",
        message(_WWW, additional=[opt(options=option(65001, b"ab", length=3))]),
    ),
    raw(
        "option much longer than the rdata",
        message(_WWW, additional=[opt(options=option(65001, b"", length=65535))]),
    ),
    raw(
        "second option cut short",
        message(_WWW, additional=[opt(options=option(65001, b"ab") + b"\xfd\xe9\x00")]),
    ),
    raw(
        "option list with an octet left over",
        message(_WWW, additional=[opt(options=option(65001, b"ab") + b"\x00")]),
    ),
    raw("rdata shorter than RDLENGTH", message(_WWW, additional=[opt(length=4)])),
    raw("RDLENGTH 65535", message(_WWW, additional=[opt(length=65535)])),
    raw(
        "rdata longer than RDLENGTH",
        message(_WWW, additional=[opt(options=option(65001, b"ab"), length=0)]),
    ),
)

test_6_1_1_placement = agreement(
    raw("two OPT records", message(_WWW, additional=[opt(), opt()])),
    raw("two OPT records of different size", message(_WWW, additional=[opt(512), opt(4096)])),
    raw("three OPT records", message(_WWW, additional=[opt(), opt(), opt()])),
    raw("OPT in the answer section", message(_WWW, answer=[opt()])),
    raw("OPT in the authority section", message(_WWW, authority=[opt()])),
    raw("OPT in two sections", message(_WWW, authority=[opt()], additional=[opt()])),
    raw("OPT owned by a name", message(_WWW, additional=[opt(owner=b"\3www\0")])),
    raw("OPT owned by a pointer to a root", message(_WWW, additional=[opt(owner=b"\xc0\x1b")])),
    raw("OPT owned by a pointer to the qname", message(_WWW, additional=[opt(owner=b"\xc0\x0c")])),
    raw("OPT before another record", message(_WWW, additional=[opt(), _A_RECORD])),
    raw("OPT after another record", message(_WWW, additional=[_A_RECORD, opt()])),
    raw("two OPT records by TCP", message(_WWW, additional=[opt(), opt()]), "tcp"),
    raw("OPT as the question", message(question("www.chain.test", "OPT"), additional=[opt()])),
    raw("OPT as the question without EDNS", message(question(".", "OPT"))),
)

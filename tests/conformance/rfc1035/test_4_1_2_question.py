"""RFC 1035 4.1.2, 3.2: types and classes that a question may name."""

from tests.conformance.questions import asks, message, opt, question, raw, record
from tests.conformance.suite import agreement

_WWW = question("www.chain.test", "A")
_ALIAS = question("alias.chain.test", "A")
_A_RECORD = record(b"\xc0\x0c", 1, 1, 300, b"\xc0\x00\x02\x0a")
_META_TYPES = (
    *("TYPE0", "OPT", "NXT", "SIG", "KEY", "MAILA", "MAILB", "TKEY", "TSIG", "TYPE128"),
    *("TYPE248", "MD", "MF", "MB", "MG", "MR", "NULL", "WKS", "A6"),
)

test_meta_types = agreement(
    *asks(
        "\n".join(
            f"{name} {qtype}"
            for qtype in _META_TYPES
            for name in ("www.chain.test", "nowhere.chain.test", "www.elsewhere.invalid")
        )
    )
)

test_classes = agreement(
    *asks("""
    www.chain.test A CH
    www.chain.test A HS
    www.chain.test A ANY
    www.chain.test A NONE
    www.chain.test A CLASS0
    www.chain.test A CLASS2
    www.chain.test A CLASS65280
    www.chain.test A CLASS65535
    nowhere.chain.test A CH
    nowhere.chain.test A ANY
    alias.chain.test A ANY
    www.in.cut.test A ANY
    www.elsewhere.invalid A CH
    www.elsewhere.invalid A ANY
    chain.test SOA CH
    chain.test ANY ANY
    www.chain.test A CH +noedns
    www.chain.test A CH +tcp
    . NS CH
    """)
)

test_chaos_names = agreement(
    *asks("""
    version.bind TXT CH
    version.server TXT CH
    hostname.bind TXT CH
    id.server TXT CH
    authors.bind TXT CH
    version.bind TXT IN
    bind TXT CH
    version.bind A CH
    version.bind ANY CH
    VERSION.BIND TXT CH
    """)
)

test_counts_of_questions = agreement(
    raw("none", message()),
    raw("none, with EDNS", message(additional=[opt()])),
    raw("none, by TCP", message(), "tcp"),
    raw("none, RD", message(bits=0x0100)),
    raw("two alike", message(_WWW, _WWW)),
    raw("two alike, with EDNS", message(_WWW, _WWW, additional=[opt()])),
    raw("two of different names", message(_WWW, _ALIAS)),
    raw("two of different types", message(_WWW, question("www.chain.test", "AAAA"))),
    raw("second compressed", message(_WWW, b"\xc0\x0c" + b"\0\x1c\0\1")),
    raw("three", message(_WWW, _WWW, _WWW)),
    raw("two, out of our zones", message(question("a.invalid"), question("b.invalid"))),
    raw("two by TCP", message(_WWW, _ALIAS), "tcp"),
)

test_records_in_a_query = agreement(
    raw("an answer", message(_WWW, answer=[_A_RECORD])),
    raw("an authority", message(_WWW, authority=[_A_RECORD])),
    raw("an additional", message(_WWW, additional=[_A_RECORD])),
    raw("an additional and EDNS", message(_WWW, additional=[_A_RECORD, opt()])),
    raw("all sections", message(_WWW, answer=[_A_RECORD], authority=[_A_RECORD])),
    raw("an answer and EDNS", message(_WWW, answer=[_A_RECORD], additional=[opt()])),
    raw("twenty additionals", message(_WWW, additional=[_A_RECORD] * 20)),
    raw(
        "an additional of an unknown type",
        message(_WWW, additional=[record(b"\0", 65280, 1, 0, b"abc")]),
    ),
    raw(
        "an additional of class ANY",
        message(_WWW, additional=[record(b"\xc0\x0c", 1, 255, 0, b"")]),
    ),
)

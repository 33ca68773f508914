"""Record data: wire, JSON and text all ways, with dnspython as the oracle, type by type."""

import pkgutil
import re
import subprocess
import sys
from typing import Any

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from microdns.errors import Invalid
from microdns_dns import names, rdata
from microdns_dns.rdata import numbers, types

OURS = [
    rdata.rdata_type(rdata.type_number(module.name))
    for module in pkgutil.iter_modules(types.__path__)
]
FOREIGN = {
    "LOC": "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
    "CERT": "PGP 0 0 AQAB",
    "APL": "1:192.0.2.0/24 !2:2001:db8::/32",
    "IPSECKEY": "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
    "LP": "10 l64.example.com.",
    "EUI48": "00-00-5e-00-53-2a",
    "NSAP": "0x47000580005a0000000001e133ffffff00016100",
    "GPOS": '"-32.6882" "116.8652" "10.0"',
    "X25": '"311061700956"',
    "ISDN": '"150862028003217" "004"',
    "RT": "10 relay.example.com.",
    "PX": "10 example.com. example.net.",
    "AMTRELAY": "10 0 1 203.0.113.15",
    "HIP": "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cI",
}
EXAMPLES = [(kind.number, kind.example) for kind in OURS] + [
    (rdata.type_number(name), text) for name, text in FOREIGN.items()
]
IDS = [rdata.type_name(number) for number, _ in EXAMPLES]
LONG = "é" * 200
LAZY = settings(suppress_health_check=[HealthCheck.filter_too_much], deadline=None)


def oracle_from_wire(number: int, wire: bytes) -> dns.rdata.Rdata:
    kind = dns.rdatatype.RdataType.make(number)
    return dns.rdata.from_wire(dns.rdataclass.IN, kind, wire, 0, len(wire))


def oracle_from_text(number: int, text: str) -> bytes:
    kind = dns.rdatatype.RdataType.make(number)
    origin = dns.name.from_text("example.test")
    rdata = dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin, relativize=False)
    return rdata.to_wire() or b""


@pytest.mark.parametrize(("number", "text"), EXAMPLES, ids=IDS)
def test_examples_mean_what_dnspython_says(number: int, text: str) -> None:
    wire = rdata.rdata_from_text(number, text)
    assert wire == oracle_from_text(number, text)
    rdata.rdata_check(number, wire)
    assert oracle_from_text(number, rdata.rdata_to_text(number, wire)) == wire
    assert rdata.rdata_from_text(number, rdata.rdata_to_text(number, wire)) == wire
    data = rdata.rdata_to_json(number, wire)
    assert rdata.rdata_from_json(rdata.type_name(number), data) == (number, wire)
    assert rdata.rdata_from_text(number, rdata.generic_text(wire)) == wire


@pytest.mark.parametrize(("number", "text"), EXAMPLES, ids=IDS)
def test_cut_or_prolonged_data_are_refused_or_still_valid(number: int, text: str) -> None:
    wire = rdata.rdata_from_text(number, text)
    for changed in [wire[:end] for end in range(len(wire))] + [wire + b"\0", wire + b"x"]:
        agree_on_wire(number, changed)


def agree_on_wire(number: int, wire: bytes) -> None:
    """What we accept, dnspython accepts, and every form of it comes back to the same octets."""
    try:
        rdata.rdata_check(number, wire)
    except ValueError:
        return
    assert oracle_from_wire(number, wire).to_wire() == wire
    data = rdata.rdata_to_json(number, wire)
    canonical = rdata.rdata_canonical(number, wire)
    name, again = rdata.type_name(number), b""
    _, again = rdata.rdata_from_json(name, data)
    assert rdata.rdata_canonical(number, again) == canonical
    again = rdata.rdata_from_text(number, rdata.rdata_to_text(number, wire))
    assert rdata.rdata_canonical(number, again) == canonical
    assert again == wire


@LAZY
@given(st.sampled_from(OURS), st.binary(max_size=80))
def test_any_octets_are_data_that_come_back_or_are_refused(
    kind: rdata.RdataType, wire: bytes
) -> None:
    agree_on_wire(kind.number, wire)


@LAZY
@given(st.data())
def test_examples_with_octets_changed_come_back_or_are_refused(data: st.DataObject) -> None:
    number, text = data.draw(st.sampled_from(EXAMPLES))
    wire = bytearray(rdata.rdata_from_text(number, text))
    for _ in range(data.draw(st.integers(1, 3))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    agree_on_wire(number, bytes(wire))


def test_type_bitmaps_end_with_no_zero_octet() -> None:
    """RFC 4034 4.1.2: they must be left out, also where a window would have none but them."""
    csync = rdata.type_number("CSYNC")
    wire = rdata.rdata_from_text(csync, "66 3 A NS")
    rdata.rdata_check(csync, wire)
    assert wire[-3:] == b"\0\1\x60"
    for window in (b"\0\2\x60\0", b"\0\1\0", b"\0\1\x60\1\1\0"):
        with pytest.raises(ValueError, match="ends with a zero octet"):
            rdata.rdata_check(csync, wire[:-3] + window)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from([number for number, _ in EXAMPLES] + [65280]), JSON)
def test_any_json_is_data_or_invalid(number: int, data: Any) -> None:
    try:
        _, wire = rdata.rdata_from_json(rdata.type_name(number), data)
    except Invalid as error:
        paths = {problem.path.partition(".")[0] for problem in error.problems}
    else:
        paths = {"data"}
        rdata.rdata_check(number, wire)
    assert paths == {"data"}


@given(st.data())
def test_json_with_one_value_replaced_is_data_or_invalid(data: st.DataObject) -> None:
    number, text = data.draw(st.sampled_from(EXAMPLES))
    good = rdata.rdata_to_json(number, rdata.rdata_from_text(number, text))
    assume(isinstance(good, dict))
    good[data.draw(st.sampled_from(sorted(good)))] = data.draw(JSON)
    try:
        _, wire = rdata.rdata_from_json(rdata.type_name(number), good)
    except Invalid:
        return
    rdata.rdata_check(number, wire)


@LAZY
@given(st.sampled_from([number for number, _ in EXAMPLES] + [65280]), st.text(max_size=60))
def test_any_text_is_data_or_a_value_error(number: int, text: str) -> None:
    try:
        wire = rdata.rdata_from_text(number, text, b"\x01z\0")
    except ValueError:
        return
    rdata.rdata_check(number, wire)


WORDS = st.lists(
    st.sampled_from(
        [
            "0", "1", "10", "65535", "65536", "-1", "a", "a.b.", "@", ".", "192.0.2.1", "::1",
            '"x y"', '""', r"\"", r"\065", r"\999", "-", "aabb", "AQAB", "20260101000000", "A",
            "TYPE65280", "1h", "ü.example.", "issue", "alpn=h2", 'alpn="h2,h3"', "port=1",
        ]
    ),
    max_size=8,
).map(" ".join)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from([number for number, _ in EXAMPLES]), WORDS)
def test_text_is_read_as_dnspython_reads_it(number: int, text: str) -> None:
    origin = names.from_text("example.test")
    try:
        expected: bytes | None = oracle_from_text(number, text)
    except (dns.exception.DNSException, ValueError):
        expected = None
    try:
        got: bytes | None = rdata.rdata_from_text(number, text, origin)
    except ValueError:
        got = None
    if got is None or expected is None:
        assert stricter_on_purpose(number, text, got, expected) or got == expected
    else:
        assert got == expected


def stricter_on_purpose(number: int, text: str, got: bytes | None, expected: bytes | None) -> bool:
    """Where we differ from dnspython, and should."""
    if got is None:
        # numbers, types and names in quotes; escapes in what is neither a name nor a string
        return '"' in text or "\\" in text
    return False


@pytest.mark.parametrize(
    ("kind", "data", "wire"),
    [
        ("A", "192.168.1.10", b"\xc0\xa8\x01\x0a"),
        ("AAAA", "2001:db8::1", bytes.fromhex("20010db8000000000000000000000001")),
        ("CNAME", "target.example", b"\x06target\x07example\0"),
        ("MX", {"preference": 10, "exchange": "m.example"}, b"\0\x0a\x01m\x07example\0"),
        ("NS", "ns1.example", b"\x03ns1\x07example\0"),
        ("PTR", "host.example", b"\x04host\x07example\0"),
        (
            "SRV",
            {"priority": 10, "weight": 60, "port": 5060, "target": "sip.example"},
            b"\0\x0a\0\x3c\x13\xc4\x03sip\x07example\0",
        ),
        ("TXT", "v=spf1 include:example.com ~all", b"\x1fv=spf1 include:example.com ~all"),
        (
            "CAA",
            {"flags": 0, "tag": "issue", "value": "letsencrypt.org"},
            b"\0\x05issueletsencrypt.org",
        ),
        ("TYPE65280", "\\# 4 0a000001", b"\x0a\0\0\x01"),
        ("TXT", ["a", "b"], b"\x01a\x01b"),
        ("TXT", {"hex": "ff00"}, b"\x02\xff\0"),
        ("TXT", LONG, b"\xff" + LONG.encode()[:255] + b"\x91" + LONG.encode()[255:]),
        ("MX", {"preference": 0, "exchange": "."}, b"\0\0\0"),
    ],
)
def test_the_forms_of_the_reference(kind: str, data: Any, wire: bytes) -> None:
    number = rdata.type_number(kind)
    assert rdata.rdata_from_json(kind, data) == (number, wire)
    assert rdata.rdata_from_json(kind.lower(), data) == (number, wire)
    shown = rdata.rdata_to_json(number, wire)
    assert shown == data


def test_rfc5155_3_1_7_a_next_hashed_owner_has_octets() -> None:
    with pytest.raises(ValueError, match="next is empty"):
        rdata.rdata_check(50, bytes.fromhex("0101000c0000"))


def test_targets_may_be_given_in_unicode() -> None:
    assert rdata.rdata_from_json("CNAME", "bücher.example")[1] == b"\x0dxn--bcher-kva\x07example\0"


def test_svcb_json_holds_the_parameters_by_name() -> None:
    data = {
        "priority": 16,
        "target": "svc.example.com",
        "params": {
            "mandatory": ["alpn", "key667"],
            "alpn": ["h2", "h3-19"],
            "no-default-alpn": True,
            "port": 8443,
            "ipv4hint": ["192.0.2.1", "192.0.2.2"],
            "ech": "AAQAAAAA",
            "ipv6hint": ["2001:db8::1"],
            "dohpath": "/dns-query{?dns}",
            "ohttp": True,
            "key667": {"hex": "ff"},
        },
    }
    number, wire = rdata.rdata_from_json("HTTPS", data)
    assert rdata.rdata_to_json(number, wire) == data
    assert oracle_from_wire(number, wire).to_wire() == wire


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("0 foo.example.com.", "000003666f6f076578616d706c6503636f6d00"),
        ("1 .", "000100"),
        ("16 foo.example.com. port=53",
         "001003666f6f076578616d706c6503636f6d00000300020035"),
        ("1 foo.example.com. key667=hello",
         "000103666f6f076578616d706c6503636f6d00029b000568656c6c6f"),
        (r'1 foo.example.com. key667="hello\210qoo"',
         "000103666f6f076578616d706c6503636f6d00029b000968656c6c6fd2716f6f"),
        ('1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
         "000103666f6f076578616d706c6503636f6d0000060020"
         "20010db800000000000000000000000120010db8000000000000000000530001"),
        ("16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
         "001003666f6f076578616d706c65036f7267000000000400010004"
         "00010009026832056833"
         "2d31390004" "0004c0000201"),
        (r'16 foo.example.org. alpn="f\\\\oo\\,bar,h2"',
         "001003666f6f076578616d706c65036f726700000100" "0c08665c6f6f2c62617202" "6832"),
        (r"16 foo.example.org. alpn=f\\\092oo\092,bar,h2",
         "001003666f6f076578616d706c65036f726700000100" "0c08665c6f6f2c62617202" "6832"),
    ],
)  # fmt: skip
def test_rfc9460_d_2_examples(text: str, wire: str) -> None:
    assert rdata.rdata_from_text(64, text) == bytes.fromhex(wire)
    assert oracle_from_text(64, text) == bytes.fromhex(wire)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 foo.example.com. key123=abc key123=def", "key123 is given twice"),
        ("1 foo.example.com. mandatory", "must name|mandatory"),
        ("1 foo.example.com. alpn", "alpn must be strings that are not empty"),
        ("1 foo.example.com. port", "port must be a number"),
        ("1 foo.example.com. ipv4hint", "ipv4hint must be a list of addresses"),
        ("1 foo.example.com. no-default-alpn=abc", "no-default-alpn takes no value"),
        ("1 foo.example.com. mandatory=key123", "key123 is mandatory and missing"),
        ("1 foo.example.com. mandatory=mandatory", "mandatory must name parameters once"),
        ("1 foo.example.com. mandatory=key123,key123 key123=abc", "once each"),
        ("1 . no-default-alpn", "no-default-alpn needs alpn"),
        ("0 . alpn=h2", "an alias"),
        ("1 . alpn=a,,b", "not empty"),
        ("1 . alpn= h2", "a value is missing"),
        (r"1 . alpn=\\x", "escape commas and backslashes only"),
        ("1 . =x", "'' is not a parameter"),
        ("1 . port=65536", "port must be a number"),
        ('1 . "port=1"', "may not be in quotes"),
        ("1 . ech=AAAA", "ech is not an ECHConfigList"),
        ("1 . ech=!", "ech must be base64"),
        ("1 . key1=h2", "alpn is cut off"),
        ("1 . key01=x", "is not a parameter's number"),
    ],
)
def test_rfc9460_d_3_failures(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        rdata.rdata_from_text(65, text)
    with pytest.raises(Exception, match=r"."):
        oracle_from_text(65, text)


SVC_WORDS = st.lists(
    st.sampled_from(
        [
            "alpn=h2", 'alpn="h2,h3"', r"alpn=a\\,b", r'alpn="a\\\\b"', "alpn", r"alpn=\255",
            "port=1", 'port="99"', "port=x", "mandatory=port", "mandatory=alpn,port", "mandatory=",
            "no-default-alpn", 'no-default-alpn=""', "ipv4hint=1.2.3.4,5.6.7.8", "ipv4hint=x",
            "ipv6hint=::1", "ech=AAQAAAAA", "ech=AAAA", "dohpath=/q{?dns}", "dohpath", "ohttp",
            "ohttp=1", "docpath", "docpath=a,b", "key667=x", r'key667="\000 \" ü"', "key667",
            "key3=x", "key65536=x", "Key5=x", "foo=x", "=x", "x", '"x"',
        ]
    ),
    max_size=4,
).map(" ".join)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(["0 .", "1 .", "1 target.example.", "x .", "1"]), SVC_WORDS)
def test_service_parameters_are_read_as_dnspython_reads_them(start: str, words: str) -> None:
    text = f"{start} {words}"
    try:
        expected: bytes | None = oracle_from_text(65, text)
    except (dns.exception.DNSException, ValueError):
        expected = None
    try:
        got: bytes | None = rdata.rdata_from_text(65, text, names.from_text("example.test"))
    except ValueError:
        got = None
    assert got == expected
    if got is not None:
        agree_on_wire(65, got)


def test_service_binding_keeps_its_targets_case_and_compares_without_it() -> None:
    one = rdata.rdata_from_text(65, "1 WWW.example. alpn=H2")
    other = rdata.rdata_from_text(65, "1 www.example. alpn=H2")
    assert one != other
    assert rdata.rdata_canonical(65, one) == rdata.rdata_canonical(65, other)
    different = rdata.rdata_from_text(65, "1 www.example. alpn=h2")
    assert rdata.rdata_canonical(65, other) != rdata.rdata_canonical(65, different)


@pytest.mark.parametrize(
    ("kind", "data", "problem"),
    [
        ("A", "192.0.2.256", "data.data: '192.0.2.256' is not an IPv4 address"),
        ("A", 5, "data.data: must be a string, not a number"),
        ("AAAA", "::g", "data.data: '::g' is not an IPv6 address"),
        ("MX", {"preference": 1}, "data.data.exchange: is missing"),
        ("MX", {"preference": 65536, "exchange": "a"}, "data.data.preference: must be from 0"),
        ("MX", {"preference": True, "exchange": "a"}, "preference: must be a whole number"),
        ("MX", {"prio": 1}, "data.data.prio: unknown; MX data have preference, exchange"),
        ("MX", "10 mail", "data.data: must be an object with preference, exchange"),
        ("TXT", ["x" * 256], "data.data[0]: a string of 256 octets; 255 is the most"),
        ("TXT", [], "at least one string"),
        ("CAA", {"flags": 0, "tag": "is sue", "value": "x"}, "tag must be letters and digits"),
        ("SOA1", "x", "data.type: 'SOA1' is not a record type"),
        ("OPT", "x", "data.type: OPT is not a type that a zone may hold"),
        ("ANY", "x", "data.type: ANY is not a type that a zone may hold"),
        ("TYPE65536", "x", "data.type: 'TYPE65536' is above TYPE65535"),
        ("TYPE65280", "\\# 3 aa", "data.data: 1 octets of data follow where 3 are announced"),
        ("DS", {"key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": "aa"}, "has 32 octets"),
        ("LOC", "somewhere", "data.data: "),
        ("CNAME", "a..b", "data.data: 'a..b' has an empty label"),
    ],
)
def test_wrong_data_are_refused_with_the_reason(kind: str, data: Any, problem: str) -> None:
    with pytest.raises(Invalid, match=re.escape(problem)):
        rdata.rdata_from_json(kind, data)


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        rdata.rdata_from_json("SRV", {"priority": -1, "weight": "x", "port": 1, "colour": 2})
    assert [problem.path for problem in caught.value.problems] == [
        "data.data.colour", "data.data.priority", "data.data.weight", "data.data.target",
    ]  # fmt: skip


def test_names_in_text_are_relative_to_the_origin_and_in_json_absolute() -> None:
    origin = names.from_text("example.test")
    mail = rdata.rdata_from_text(numbers.MX, "10 mail", origin)
    assert rdata.rdata_to_json(numbers.MX, mail)["exchange"] == "mail.example.test"
    assert rdata.rdata_to_text(numbers.MX, mail) == "10 mail.example.test."
    assert (
        rdata.rdata_from_json("MX", {"preference": 10, "exchange": "mail"})[1]
        == b"\0\x0a\x04mail\0"
    )


def test_data_that_differ_in_the_case_of_names_are_the_same() -> None:
    one = rdata.rdata_from_text(numbers.SRV, "1 2 3 WWW.Example.")
    other = rdata.rdata_from_text(numbers.SRV, "1 2 3 www.example.")
    assert one != other
    assert rdata.rdata_canonical(numbers.SRV, one) == rdata.rdata_canonical(numbers.SRV, other)
    assert rdata.rdata_canonical(numbers.TXT, b"\x01A") == b"\x01A"


@pytest.mark.parametrize("number", sorted(numbers.BY_NUMBER))
def test_type_names_are_those_of_dnspython(number: int) -> None:
    name = rdata.type_name(number)
    assert rdata.type_number(name.lower()) == number
    try:
        theirs = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))
    except ValueError:
        return
    assert theirs in (name, f"TYPE{number}")


def test_a_type_file_is_named_after_its_type_and_has_an_example() -> None:
    for module in pkgutil.iter_modules(types.__path__):
        kind = rdata.rdata_type(rdata.type_number(module.name))
        assert kind.name == module.name.upper()
        assert kind.number == rdata.type_number(kind.name)
        assert kind.example


def test_serving_common_types_never_loads_dnspython() -> None:
    program = """
import sys
from microdns_dns import rdata
for kind, data in [("A", "192.0.2.1"), ("TXT", "x"), ("MX", {"preference": 1, "exchange": "m"}),
                   ("TYPE65280", "\\\\# 1 00"), ("CAA", {"tag": "issue", "value": "x"}),
                   ("HTTPS", {"priority": 1, "target": ".", "params": {"alpn": ["h2"]}})]:
    number, wire = rdata.rdata_from_json(kind, data)
    rdata.rdata_to_json(number, wire), rdata.rdata_to_text(number, wire)
assert not [name for name in sys.modules if name.split(".")[0] in ("dns", "idna")]
"""
    subprocess.run([sys.executable, "-c", program], check=True)

"""Reading zone files: all of RFC 1035 section 5, BIND's additions, dnspython as the oracle."""

import re
from typing import Any

import dns.exception
import dns.name
import dns.zone
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microdns.errors import Invalid, TooLarge
from microdns_auth.zonefile import ZoneReader, ZoneText, read_zone
from microdns_auth.zonefile import reader as reading
from microdns_auth.zonefile.fast import FastReader
from microdns_dns import names
from microdns_dns.model import Soa
from microdns_dns.repository import ZoneContent

HEAD = """\
$ORIGIN example.test.
$TTL 1h
@ SOA ns1 admin 7 1h 10m 2w 5m
"""
Row = tuple[bytes, int, int, bytes]


def read(text: str, **more: Any) -> ZoneContent:
    """The zone, whatever the loop does meanwhile."""
    reader = ZoneReader(ZoneText(text, **more))
    for _ in reader.steps():
        pass
    return reader.content()


def problems(text: str, **more: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read(text, **more)
    return str(caught.value).splitlines()


def rows(text: str, **more: Any) -> list[Row]:
    """Owner (wire, folded), type, the RRset's TTL, rdata of every record, sorted."""
    content = read(text, **more)
    origin = names.from_text(content.name)
    lowest: dict[tuple[str, int], int] = {}
    for one in content.drafts:
        key = (one.name.lower(), one.type)
        lowest[key] = min(lowest.get(key, 2**31), one.ttl or 0)
    found = {
        (
            names.fold(names.from_text(one.name, origin)),
            one.type,
            lowest[one.name.lower(), one.type],
            one.rdata,
        )
        for one in content.drafts
    }
    return sorted(found)


def oracle(text: str, origin: str = "example.test.") -> list[Row]:
    """The same from dnspython, without the SOA."""
    zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
    return sorted(
        ((owner.to_wire() or b"").lower(), int(rdata.rdtype), ttl, rdata.to_wire() or b"")
        for owner, ttl, rdata in zone.iterate_rdatas()
        if rdata.rdtype != dns.rdatatype.SOA
    )


def test_soa_and_defaults() -> None:
    content = read(HEAD)
    assert content.name == "example.test"
    assert content.default_ttl == 3600
    assert content.soa == Soa(
        "ns1.example.test", "admin.example.test", 7, 3600, 600, 1_209_600, 300, 3600
    )


FORMS = """\
www A 192.0.2.1
www 60 A 192.0.2.2
www IN A 192.0.2.3
www 60 IN A 192.0.2.4
www IN 60 A 192.0.2.5
www 1m30s in a 192.0.2.6
\t A 192.0.2.7
  300 IN AAAA 2001:db8::1 ; a comment
@ NS ns1
@ NS ns2.example.net.
example.test. MX 10 mail
EXAMPLE.test. MX 20 Mail.Example.NET.
ns1.example.test. A 192.0.2.8
mail A ( 192.0.2.9 ) ; split
multi TXT ( "one"   ; first
            two     ; second
            "th;r(e)e" )
esc\\046aped A 192.0.2.10
\\097bc TXT "\\"quoted\\" \\255"
* CNAME www
_sip._tcp SRV 10 60 5060 sip
sub.deep.er A 192.0.2.11
1.2.0/25 PTR host
caa CAA 0 issue "letsencrypt.org"
unknown TYPE65280 \\# 4 0a000001
known TYPE1 \\# 4 0a000001
generic CLASS1 A 192.0.2.12
svc HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.1
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
ds DS 60485 5 1 ( 2BB183AF5F22588179A53B0A
                  98631FAD1A292118 )
$ORIGIN sub
www A 192.0.2.13
@ A 192.0.2.14
$ORIGIN example.test.
$TTL 5
last A 192.0.2.15
IN IN A 192.0.2.16
300 A 192.0.2.17
naptr NAPTR 100 10 "S" "SIP+D2U" "" _sip._udp
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_form_is_read_as_dnspython_reads_it(line_end: str) -> None:
    text = (HEAD + FORMS).replace("\n", line_end)
    assert rows(text) == oracle(HEAD + FORMS)
    assert len(rows(text)) == 34


def carefully(text: str) -> Any:
    """What comes of a text when no line goes through the fast path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "COMPILED", False)
        patch.setattr(FastReader, "run", lambda self, lines, at, end, gathered: at)
        return outcome(text)


def in_python(text: str) -> Any:
    """What comes of a text without the compiled modules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "COMPILED", False)
        return outcome(text)


def test_every_form_is_read_alike_by_each_reader() -> None:
    assert carefully(HEAD + FORMS) == read(HEAD + FORMS)
    assert in_python(HEAD + FORMS) == read(HEAD + FORMS)


OWNERS = st.sampled_from(
    ["", "@", "www", "WWW", "a.b", "*", "*.x", "_x._y", "0/25", "a.example.test.", "example.test.",
     "other.", "a..b", "x" * 64, ".", r"a\.b", r"\065", "-", "a-", "x" * 63 + ".b", "$", "a@b"]
)  # fmt: skip
TTLS = st.sampled_from(["", "0", "300", "1h", "2147483647", "2147483648", "x", "99999999999"])
CLASSES = st.sampled_from(["", "IN", "in", "CH", "CLASS1"])
DATA = st.sampled_from(
    ["A 192.0.2.1", "A 192.0.2.256", "A 192.0.2.1 x", "AAAA ::1", "AAAA ::g", "a 192.0.2.1",
     "NS ns", "NS ns.", "NS a..b", "CNAME .", "PTR x y", "MX 10 m", "MX 65536 m", "MX m", "MX 1",
     "MX -1 m", "MX ٣ m", 'TXT "x y"', "TXT x", 'TXT "', 'TXT "a" "b"', 'TXT ""', r'TXT "\""',
     'TXT "ü"', 'TXT "a"b', "TXT a;b", f'TXT "{"x" * 255}"', f'TXT "{"x" * 256}"',
     "SRV 1 2 3 t", "SRV 1 2 3", "SRV 1 2 65536 t", "NS bücher", "CNAME a_b", "NS a;b",
     "A 192.0.2.1 ; c", "A\t192.0.2.1\t", "A ( 192.0.2.1 )", "FOO x", "", "TYPE1 \\# 4 01020304"]
)  # fmt: skip
SPACE = st.sampled_from([" ", "\t", "  "])
LINES = st.builds(
    lambda owner, first, second, data, space, swap: space.join(
        [owner, *[part for part in ((second, first) if swap else (first, second)) if part], data]
    ),
    OWNERS, TTLS, CLASSES, DATA, SPACE, st.booleans(),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=4).map("\n".join))
@example("www\tNS\ta;b")
def test_the_fast_path_reads_what_the_careful_one_reads(text: str) -> None:
    assert outcome(HEAD + text) == carefully(HEAD + text) == in_python(HEAD + text)


def outcome(text: str) -> Any:
    try:
        return read(text)
    except Invalid as error:
        return str(error)


@settings(max_examples=400, deadline=None)
@given(LINES)
def test_single_lines_are_read_as_dnspython_reads_them(line: str) -> None:
    text = HEAD + "lead A 192.0.2.77\n" + line
    try:
        expected: list[Row] | None = oracle(text)
    except (dns.exception.DNSException, ValueError):
        expected = None
    try:
        got: list[Row] | None = rows(text)
    except Invalid:
        got = None
    if got != expected:
        assert differs_on_purpose(line, got, expected), (got, expected)


def differs_on_purpose(line: str, got: Any, expected: Any) -> bool:
    if "bücher" in line or "ü" in line:
        return True  # UTS 46 here, IDNA 2003 there; UTF-8 in strings here
    outside = line.startswith(("other.", ". ", ".\t"))  # an error here, passed over there
    return got is None and (outside or "2147483648" in line)  # RFC 2181 section 8


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('aA1 \t\n;()"\\@$.*'), max_size=60))
def test_any_text_is_a_zone_or_a_list_of_mistakes(text: str) -> None:
    outcome(HEAD + text)
    outcome(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_unicode_is_a_zone_or_a_list_of_mistakes(text: str) -> None:
    outcome(HEAD + text)


def test_mistakes_come_all_at_once_with_their_lines() -> None:
    text = HEAD + "www A 192.0.2.256\nok A 192.0.2.1\nwww FOO x\n a..b\nx MX ten mail\n"
    assert problems(text, file="z.zone") == [
        "z.zone:4: '192.0.2.256' is not an IPv4 address",
        "z.zone:6: 'FOO' is not a record type",
        "z.zone:7: 'a..b' is not a record type",
        "z.zone:8: preference must be a number, not 'ten'",
    ]


def test_only_so_many_mistakes_are_told() -> None:
    found = problems(HEAD + "x FOO\n" * 1_000)
    assert len(found) == 101
    assert found[-1] == "(the first 100 mistakes)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "zone file: the zone has no SOA record"),
        ("www A 192.0.2.1\n", "zone file:1: 'www' is relative, and nothing says to what"),
        ("www.x. A 192.0.2.1\n", "zone file:1: the first record must be the SOA"),
        (HEAD + "www.example.net. A 192.0.2.1", "www.example.net is outside of the zone"),
        (HEAD + "x CH TXT a", "class CH: only IN is served"),
        (HEAD + "x ANY x", "ANY is not a type that a zone may hold"),
        (HEAD + "x TXT (\n a\n b\n", "zone file:4: a parenthesis is not closed"),
        (HEAD + "x TXT a )", "a parenthesis is closed that was not opened"),
        (HEAD + 'x TXT "a', "a quoted string is not closed"),
        (HEAD + "x TXT a\\", "a backslash at the end escapes nothing"),
        (HEAD + "x A", "an IPv4 address is missing"),
        (HEAD + "x 300", "the type is missing"),
        (HEAD + "x A 192.0.2.1 192.0.2.2", "'192.0.2.2' is too much at the end"),
        (HEAD + '"x" A 192.0.2.1', "an owner may not be in quotes"),
        (HEAD + "$FOO x", "'$FOO' is not a directive"),
        (HEAD + "$TTL", "$TTL takes one value"),
        (HEAD + "$TTL 1y", "'1y' is not a time"),
        (HEAD + "$INCLUDE", "write $INCLUDE file [origin]"),
        (HEAD + "$INCLUDE x.zone", "the included file 'x.zone' is not there"),
        (HEAD + "x A 192.0.2.1\nx CNAME y", "zone file:4: x has a CNAME, beside which no A"),
        (HEAD + "x CNAME y\nx CNAME z", "zone file:5: x has a CNAME already"),
        (HEAD + "@ SOA ns2 admin 7 1 1 1 1", "two different SOA records"),
        (HEAD + "sub SOA ns2 admin 7 1 1 1 1", "the SOA is of sub.example.test, not of the zone"),
        ("$ORIGIN example.test.\n@ SOA ns1 admin 7 1h 10m 2w", "minimum is missing"),
        ("$ORIGIN example.test.\n@ NS x", "the first record must be the SOA"),
        (HEAD.replace("$TTL 1h\n", "").replace("@ SOA", "@ x SOA") + "a A 192.0.2.1", "'x' is not"),
    ],
)
def test_each_mistake_has_its_words(text: str, problem: str) -> None:
    assert problem in problems(text)[0]


def test_a_broken_soa_is_one_mistake() -> None:
    text = "$ORIGIN example.test.\n$TTL 1\n@ SOA ns1 admin x 1 1 1 1\nwww A 192.0.2.1\n"
    assert problems(text) == ["zone file:3: serial must be a number, not 'x'"]


def test_the_zone_is_named_by_argument_by_soa_or_by_file() -> None:
    body = "@ 60 SOA ns1 admin 7 1 1 1 1\nwww A 192.0.2.1\n"
    assert read(body, zone="a.test").name == "a.test"
    assert read(body, file="x/y/b.test.zone").name == "b.test"
    assert read(body.replace("@", "c.test.", 1)).name == "c.test"
    assert "nothing says to what" in problems(body, file="db.local")[0]
    assert "not of the zone a.test" in problems(HEAD, zone="a.test")[0]


def test_a_line_without_ttl_is_a_mistake_where_none_was_given() -> None:
    text = "a A 192.0.2.1\n@ 5 SOA ns1 admin 7 1 1 1 1\n"
    assert problems(text, zone="a.test") == ["zone file:1: no TTL is given: begin with $TTL"]
    assert problems(" A 192.0.2.1\n", zone="a.test") == ["zone file:1: there is no owner before"]


def test_rfc2308_4_ttls() -> None:
    def ttls(text: str) -> list[int | None]:
        return [one.ttl for one in read(text, zone="example.test").drafts]

    soa = "@ {} SOA ns1 admin 7 1 1 1 42\n"
    assert ttls("$TTL 9\n" + soa.format("") + "a A 1.1.1.1\nb 3 A 1.1.1.1\nc A 1.1.1.1") == [
        9,
        3,
        9,
    ]
    assert ttls(soa.format("7") + "a A 1.1.1.1\nb 3 A 1.1.1.1\nc A 1.1.1.1") == [7, 3, 3]
    assert ttls(soa.format("") + "a A 1.1.1.1\nb 3 A 1.1.1.1\nc A 1.1.1.1") == [42, 3, 42]
    assert read(soa.format(""), zone="example.test").soa.ttl == 42


def test_a_transfer_dump_may_repeat_the_soa() -> None:
    soa = "example.test. 3600 IN SOA ns1.example.test. admin.example.test. 7 1 1 1 1\n"
    dump = soa + "www.example.test.\t300\tIN\tA\t192.0.2.1\n" + soa
    assert [one.name for one in read("; <<>> DiG\n" + dump).drafts] == ["www"]


def test_includes_are_read_in_place_and_change_neither_origin_nor_owner() -> None:
    text = HEAD + (
        "first A 192.0.2.1\n"
        "$INCLUDE one.zone sub\n"
        " A 192.0.2.2\n"
        'after A 192.0.2.3\n$INCLUDE "two.zone"\n'
    )
    includes = {
        "one.zone": "in A 192.0.2.4\n$ORIGIN deeper\nin A 192.0.2.5\n$INCLUDE two.zone\n",
        "two.zone": "two A 192.0.2.6\n",
    }
    assert [(one.name, one.rdata[3]) for one in read(text, includes=includes).drafts] == [
        ("first", 1), ("in.sub", 4), ("in.deeper.sub", 5), ("two.deeper.sub", 6), ("first", 2),
        ("after", 3), ("two", 6),
    ]  # fmt: skip


def test_mistakes_in_includes_name_the_included_file() -> None:
    includes = {"one.zone": "\nx FOO\n", "loop": "$INCLUDE loop\n"}
    assert problems(HEAD + "$INCLUDE one.zone\n", includes=includes) == [
        "one.zone:2: 'FOO' is not a record type"
    ]
    assert problems(HEAD + "$INCLUDE loop\n", includes=includes) == [
        "loop:1: the included file 'loop' includes too deep, or itself"
    ]


def test_the_soa_may_be_included() -> None:
    includes = {"soa": "$TTL 60\n@ SOA ns1 admin 7 1 1 1 1\n"}
    content = read("$ORIGIN example.test.\n$INCLUDE soa\nwww A 192.0.2.1\n", includes=includes)
    assert [(one.name, one.ttl) for one in content.drafts] == [("www", 60)]


@pytest.mark.parametrize(
    "line",
    [
        "$GENERATE 1-3 host$ A 192.0.2.$",
        "$GENERATE 1-9/4 host${10,4,d} 60 IN A 192.0.2.$",
        "$GENERATE 10-12 $ CNAME ${-10,3,x}.sub",
        "$GENERATE 250-257 h${0,0,X} A 192.0.2.1",
        "$GENERATE 7-9 ${0,3,o} PTR h$.example.net.",
    ],
)
def test_generate_is_what_dnspython_makes_of_it(line: str) -> None:
    assert rows(HEAD + line) == oracle(HEAD + line)
    assert rows(HEAD + line)


def test_generate_beyond_dnspython() -> None:
    assert [one.name for one in read(HEAD + "$GENERATE 18-19 ${0,5,n} A 192.0.2.1").drafts] == [
        "2.1.0", "3.1.0",
    ]  # fmt: skip
    assert [one.rdata for one in read(HEAD + '$GENERATE 1-2 h$ TXT "$ $$" x$').drafts] == [
        b"\x031 $\x02x1", b"\x032 $\x02x2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("$GENERATE 1-3", "write $GENERATE range owner"),
        ("$GENERATE 3-1 h$ A 192.0.2.1", "the range 3-1 is empty"),
        ("$GENERATE 1-3/0 h$ A 192.0.2.1", "the range 1-3/0 is empty"),
        ("$GENERATE x h$ A 192.0.2.1", "'x' is not a range"),
        ("$GENERATE 0-99999 h$ A 192.0.2.1", "65536 at most"),
        ("$GENERATE 1-3 h${-2} A 192.0.2.1", "makes -1, which is negative"),
        ("$GENERATE 1-3 h${1,2,q} A 192.0.2.1", "is not of the form"),
        ("$GENERATE 255-256 h$ A 192.0.2.$", "'192.0.2.256' is not an IPv4 address"),
    ],
)
def test_generate_mistakes(line: str, problem: str) -> None:
    assert problem in problems(HEAD + line)[0]


def test_a_bound_on_records() -> None:
    reader = ZoneReader(ZoneText(HEAD + "$GENERATE 1-50 h$ A 192.0.2.1"), records_max=49)
    with pytest.raises(TooLarge, match="more than 49 records"):
        list(reader.steps())


def test_unicode_owners_become_a_labels_and_strings_utf8() -> None:
    content = read(HEAD + 'bücher TXT "ü"\n')
    assert [(one.name, one.rdata) for one in content.drafts] == [
        ("xn--bcher-kva", b"\x02" + "ü".encode())
    ]


def test_names_are_kept_in_their_case_and_normal_form() -> None:
    text = HEAD + "WwW A 192.0.2.1\n\\087ww A 192.0.2.2\nWWW.EXAMPLE.TEST. A 192.0.2.3\n"
    assert [one.name for one in read(text).drafts] == ["WwW", "Www", "WWW"]


@pytest.mark.anyio
async def test_progress_is_told_and_others_may_run() -> None:
    told: list[tuple[int, int | None, str]] = []
    text = HEAD + "www A 192.0.2.1 ; a comment\n" * 1_200
    content = await read_zone(
        ZoneText(text), progress=lambda done, total, what: told.append((done, total, what))
    )
    assert len(content.drafts) == 1_200
    assert told == [(done, 1_204, "lines") for done in (500, 1_000, 1_204)]


def test_parenthesised_mistakes_name_their_first_line() -> None:
    assert re.fullmatch(
        "zone file:4: .*", problems(HEAD + "x MX (\n 10\n a b )\nok A 192.0.2.1\n")[0]
    )

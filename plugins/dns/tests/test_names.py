"""Names: text and wire both ways, with dnspython as the oracle, and the orders and keys of them."""

import re

import dns.name
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from microdns_dns import names

LABELS = st.binary(min_size=1, max_size=63)
WIRES = (
    st.lists(LABELS, max_size=8)
    .map(lambda parts: (parts, names.ROOT))
    .filter(lambda made: sum(len(part) + 1 for part in made[0]) < 255)
    .map(lambda made: names.from_labels(made[0]))
)
ASCII_TEXT = st.text(st.characters(max_codepoint=127), max_size=80)


@given(WIRES)
def test_wire_to_text_to_wire_is_the_same(wire: bytes) -> None:
    assert names.from_text(names.to_text(wire)) == wire
    assert names.from_text(names.to_absolute_text(wire), b"\x01x\0") == wire


@given(WIRES)
def test_text_means_the_same_to_dnspython(wire: bytes) -> None:
    assert dns.name.from_text(names.to_absolute_text(wire)).to_wire() == wire


@given(ASCII_TEXT)
def test_any_ascii_text_is_read_as_dnspython_reads_it(text: str) -> None:
    assume(text != "@")
    try:
        expected: bytes | None = dns.name.from_text(text).to_wire()
    except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape):
        expected = None
    try:
        got: bytes | None = names.from_text(text)
    except ValueError:
        got = None
    if text:  # to dnspython the empty text is the root
        assert got == expected


@given(st.text(max_size=30))
def test_any_text_gives_a_name_or_a_value_error(text: str) -> None:
    for read in (names.from_text, names.from_input):
        try:
            wire = read(text, b"\x01z\0")
        except ValueError:
            continue
        names.check_wire(wire)


@given(st.lists(WIRES, max_size=8))
def test_rfc4034_6_1_keys_sort_as_dnspython_sorts(wires: list[bytes]) -> None:
    ordered = sorted(wires, key=lambda wire: dns.name.from_wire(wire, 0)[0])
    keys = [names.canonical_key(wire) for wire in ordered]
    assert keys == sorted(keys)


@given(WIRES, WIRES)
def test_a_key_is_the_prefix_of_those_below_and_of_no_others(one: bytes, other: bytes) -> None:
    below = names.canonical_key(one).startswith(names.canonical_key(other))
    assert below == names.is_subdomain(one, other)
    assert below == dns.name.from_wire(one, 0)[0].is_subdomain(dns.name.from_wire(other, 0)[0])


@given(WIRES, st.lists(LABELS, max_size=3))
def test_relative_text_and_key_agree_with_the_absolute_ones(
    origin: bytes, above: list[bytes]
) -> None:
    assume(sum(len(part) + 1 for part in above) + len(origin) <= 255)
    wire = names.from_labels(above)[:-1] + origin
    relative = names.to_relative_text(wire, origin.swapcase() if not above else origin)
    assert names.from_text(relative, origin) == wire
    assert names.from_relative(relative, origin) == wire
    assert names.relative_key(relative) == names.canonical_key(wire, origin)


def test_a_name_outside_its_origin_stays_absolute() -> None:
    origin = names.from_text("example.com")
    assert names.to_relative_text(names.from_text("www.example.net"), origin) == "www.example.net."
    assert names.to_relative_text(names.from_text("wwwexample.com"), origin) == "wwwexample.com."


def test_a_label_that_only_ends_like_the_origin_is_not_below_it() -> None:
    tricky = names.from_labels([b"a\x03com"])
    assert not names.is_subdomain(tricky, names.from_text("com"))


@given(st.binary(max_size=300))
def test_octets_are_a_name_when_dnspython_says_so(octets: bytes) -> None:
    try:
        name, used = dns.name.from_wire(octets, 0)
        good = used == len(octets) and name.to_wire() == octets
    except Exception:
        good = False
    try:
        names.check_wire(octets)
    except ValueError:
        assert not good
    else:
        assert good


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("bücher.example", b"xn--bcher-kva"),
        ("BÜCHER.example", b"xn--bcher-kva"),
        ("straße.example", b"xn--strae-oqa"),  # non-transitional: ß stays
        ("例え。example", b"xn--r8jz45g"),
    ],
)
def test_unicode_becomes_a_labels(text: str, label: bytes) -> None:
    assert names.from_input(text) == names.from_labels([label, b"example"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a..b", "empty label"),
        ("a" * 64, "63 is the most"),
        (".".join(["a" * 60] * 5), "255 is the most"),
        ("a b", "' ' in it"),
        ("a$b", "'$' in it"),
        ("-a.b", "begins or ends with a hyphen"),
        ("a-.b", "begins or ends with a hyphen"),
        ("a.*.b", "asterisk stands alone"),
        ("x*", "asterisk stands alone"),
        (r"a\.b", "zone files only"),
        ("☃\u200d.example", "can't be a label"),
        ("@", "no zone here"),
    ],
)
def test_names_from_people_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        names.from_input(text)


@pytest.mark.parametrize("text", ["_sip._tcp", "0/25.2.0.192", "*.dev", "@", "a-b", "x_y", "9"])
def test_names_from_people_may_be(text: str) -> None:
    assert names.from_input(text, names.from_text("example.com")).endswith(b"\x07example\x03com\0")
    assert names.from_input("www", names.from_labels([b"odd zone"])).startswith(b"\x03www")

"""Messages: RFC 4861 section 6.1, property tests, and scapy as another reader."""

import ipaddress
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins.slaac.tests.test_options import options

from microdns_slaac.message import (
    Advertisement,
    Solicitation,
    kind_of,
    options_of,
    read_advertisement,
    read_solicitation,
    split,
)
from microdns_slaac.octets import Malformed
from microdns_slaac.options import Mtu, RecursiveDns, Unknown

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6ND_RS  # noqa: E402  (it warns while imported)

RS = bytes((133, 0, 0, 0, 0, 0, 0, 0))
RA = bytes((134, 0, 0, 0, 64, 0, 7, 8)) + bytes(8)
LINK_LAYER = bytes((1, 1, 2, 0, 0, 0, 0, 1))

messages = st.builds(
    Advertisement,
    hop_limit=st.integers(0, 255),
    managed=st.booleans(),
    other=st.booleans(),
    preference=st.sampled_from(["low", "medium", "high"]),
    lifetime=st.integers(0, 65535),
    reachable_ms=st.integers(0, 2**32 - 1),
    retrans_ms=st.integers(0, 2**32 - 1),
    options=st.lists(options, max_size=8).map(tuple),
)


@given(messages)
def test_what_is_written_is_read_again(message: Advertisement) -> None:
    assert read_advertisement(message.encode(), 255, link_local=True) == message


@given(messages, st.integers(600, 1460))
def test_a_message_is_split_between_options(message: Advertisement, octets: int) -> None:
    parts = split(message, octets)
    read = [read_advertisement(part, 255, link_local=True) for part in parts]
    assert tuple(each for part in read for each in part.options) == message.options
    assert {part[:16] for part in parts} == {message.header()}
    largest = max((len(each.encode()) for each in message.options), default=0)
    assert max(map(len, parts)) <= max(octets, 16 + largest)


@given(st.sampled_from([133, 134]), st.binary(max_size=400), st.booleans())
def test_any_octets_are_a_message_or_malformed(kind: int, rest: bytes, flag: bool) -> None:
    data = bytes((kind, 0)) + rest
    for read in (
        lambda: read_solicitation(data, 255, unspecified=flag),
        lambda: read_advertisement(data, 255, link_local=flag),
    ):
        try:
            read()
        except Malformed:
            continue


def test_6_1_1_a_solicitation_may_tell_a_link_layer_address() -> None:
    assert read_solicitation(RS, 255, unspecified=True) == Solicitation()
    told = read_solicitation(RS + LINK_LAYER, 255, unspecified=False)
    assert told == Solicitation(b"\2\0\0\0\0\1")


@pytest.mark.parametrize(
    ("data", "hop_limit", "unspecified", "said"),
    [
        (RS, 254, False, "hop limit"),
        (RS, 0, False, "hop limit"),
        (RS[:7], 255, False, "7 octets"),
        (RS + bytes(9300), 255, False, "9308 octets"),
        (b"\x85\1" + RS[2:], 255, False, "code 1"),
        (RA, 255, False, "type 134"),
        (RS + b"\1\0", 255, False, "length zero"),
        (RS + b"\1", 255, False, "past its end"),
        (RS + b"\1\2" + bytes(6), 255, False, "past its end"),
        (RS + LINK_LAYER, 255, True, "without having an address"),
        (RS + bytes((200, 1, 0, 0, 0, 0, 0, 0)) * 257, 255, False, "more than 256"),
    ],
)
def test_6_1_1_solicitations_that_are_discarded(
    data: bytes, hop_limit: int, unspecified: bool, said: str
) -> None:
    with pytest.raises(Malformed, match=said):
        read_solicitation(data, hop_limit, unspecified=unspecified)


def test_6_1_1_options_that_nobody_knows_are_passed_over() -> None:
    data = RS + bytes((200, 1, 0, 0, 0, 0, 0, 0)) + LINK_LAYER
    assert read_solicitation(data, 255, unspecified=False).link_layer


def test_6_1_1_reserved_octets_do_not_matter() -> None:
    assert read_solicitation(RS[:4] + b"\xff" * 4, 255, unspecified=True) == Solicitation()


@pytest.mark.parametrize(
    ("data", "hop_limit", "link_local", "said"),
    [
        (RA, 255, False, "link-local"),
        (RA, 64, True, "hop limit"),
        (RA[:15], 255, True, "15 octets"),
        (b"\x86\2" + RA[2:], 255, True, "code 2"),
        (RA + bytes(2), 255, True, "length zero"),
    ],
)
def test_6_1_2_advertisements_that_are_discarded(
    data: bytes, hop_limit: int, link_local: bool, said: str
) -> None:
    with pytest.raises(Malformed, match=said):
        read_advertisement(data, hop_limit, link_local=link_local)


def test_6_1_2_an_option_that_is_wrong_hurts_no_other() -> None:
    data = RA + bytes((25, 1, 0, 0, 0, 0, 0, 9)) + Mtu(1400).encode()
    found = read_advertisement(data, 255, link_local=True)
    assert isinstance(found.options[0], Unknown)
    assert list(options_of(found, Mtu)) == [Mtu(1400)]


def test_an_empty_message_is_of_no_kind() -> None:
    assert kind_of(b"") == 0


def test_scapy_reads_the_header() -> None:
    ours = Advertisement(
        hop_limit=61,
        managed=True,
        other=False,
        preference="high",
        lifetime=1234,
        reachable_ms=5000,
        retrans_ms=700,
        options=(RecursiveDns((ipaddress.IPv6Address("2001:db8::53"),), 3),),
    )
    theirs = ICMPv6ND_RA(ours.encode())
    assert (theirs.chlim, theirs.M, theirs.O, theirs.prf) == (61, 1, 0, 1)
    assert (theirs.routerlifetime, theirs.reachabletime, theirs.retranstimer) == (1234, 5000, 700)
    assert theirs.payload.dns == ["2001:db8::53"]


def test_scapys_solicitation_is_read() -> None:
    assert read_solicitation(bytes(ICMPv6ND_RS()), 255, unspecified=True) == Solicitation()

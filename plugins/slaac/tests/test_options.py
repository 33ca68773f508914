"""The options: what is written is read again, scapy reads the same, octets never break it."""

import ipaddress
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_slaac.octets import Malformed, Reader, name_octets, read_names
from microdns_slaac.options import (
    INFINITE,
    KNOWN,
    PREF64_LENGTHS,
    AnyOption,
    CaptivePortal,
    EncryptedDns,
    Mtu,
    Pref64,
    PrefixInformation,
    RecursiveDns,
    RouteInformation,
    SearchList,
    SourceLinkLayerAddress,
    Unknown,
    decode_option,
    preference_of,
    service_parameters,
)

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet6 import (  # noqa: E402  (it warns while it is imported)
    ICMPv6NDOptCaptivePortal,
    ICMPv6NDOptDNSSL,
    ICMPv6NDOptMTU,
    ICMPv6NDOptPREF64,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptRDNSS,
    ICMPv6NDOptRouteInfo,
    ICMPv6NDOptSrcLLAddr,
)

lifetimes = st.integers(0, INFINITE)
ipv6 = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=63)
names = st.lists(labels, min_size=1, max_size=3).map(".".join)


def network(address: ipaddress.IPv6Address, length: int) -> ipaddress.IPv6Network:
    return ipaddress.IPv6Network((address, length), strict=False)


networks = st.builds(network, ipv6, st.integers(0, 128))
options: st.SearchStrategy[AnyOption] = st.one_of(
    st.builds(SourceLinkLayerAddress, st.binary(min_size=6, max_size=6)),
    st.builds(PrefixInformation, networks, lifetimes, lifetimes, st.booleans(), st.booleans()),
    st.builds(Mtu, st.integers(0, INFINITE)),
    st.builds(RouteInformation, networks, lifetimes, st.sampled_from(["low", "medium", "high"])),
    st.builds(RecursiveDns, st.lists(ipv6, min_size=1, max_size=8).map(tuple), lifetimes),
    st.builds(SearchList, st.lists(names, min_size=1, max_size=4).map(tuple), lifetimes),
    st.builds(
        Pref64,
        st.builds(
            lambda address, length: network(address, length), ipv6, st.sampled_from(PREF64_LENGTHS)
        ),
        st.integers(0, 0x1FFF).map(lambda eights: eights * 8),
    ),
    st.builds(CaptivePortal, st.text("abc:/.", max_size=100)),
    st.builds(
        EncryptedDns,
        names,
        lifetimes,
        st.integers(0, 65535),
        st.lists(ipv6, max_size=4).map(tuple),
        st.binary(max_size=64),
    ),
)


@given(options)
def test_what_is_written_is_read_again(option: AnyOption) -> None:
    data = option.encode()
    assert len(data) == data[1] * 8
    assert decode_option(data[0], data[2:]) == option


@given(st.sampled_from(sorted(KNOWN)), st.binary(max_size=300))
def test_any_octets_are_an_option_or_unknown(kind: int, body: bytes) -> None:
    found = decode_option(kind, body)
    assert isinstance(found, Unknown) or found.type == kind


@given(st.binary(max_size=300))
def test_any_octets_are_names_or_malformed(data: bytes) -> None:
    try:
        found = read_names(data)
    except Malformed:
        return
    assert sum(map(len, found)) <= 4 * len(data)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (3, bytes(29)),
        (3, bytes((129,)) + bytes(29)),
        (5, bytes(14)),
        (24, bytes((65, 0)) + bytes(12)),
        (24, bytes((200, 0)) + bytes(20)),
        (25, bytes(6)),
        (25, bytes(14)),
        (31, bytes(6) + b"\x40" + bytes(64)),
        (31, bytes(6) + b"\xc0\x08"),
        (38, b"\0\7" + bytes(12)),
        (144, bytes(6) + b"\0\1\0"),
        (144, bytes(6) + b"\xff\xff"),
        (144, bytes(6) + b"\0\3\1a\0\0\x08" + bytes(9)),
    ],
)
def test_an_option_that_breaks_its_rules_is_unknown(kind: int, body: bytes) -> None:
    assert decode_option(kind, body) == Unknown(kind, body)


def test_reserved_preference_is_medium() -> None:
    assert [preference_of(bits) for bits in range(4)] == ["medium", "high", "medium", "low"]


def test_a_resolver_may_be_a_name_alone() -> None:
    body = b"\0\1" + bytes(4) + b"\0\5\3dot\0" + bytes(3)
    assert decode_option(144, body) == EncryptedDns("dot", 0)


def test_lifetimes_of_pref64_are_rounded_up_to_eights_and_bounded() -> None:
    prefix = ipaddress.IPv6Network("64:ff9b::/96")
    assert Pref64.decode(Pref64(prefix, 9).encode()[2:]).lifetime == 16
    assert Pref64.decode(Pref64(prefix, 1 << 20).encode()[2:]).lifetime == 65528


@pytest.mark.parametrize("text", ["", ".", "a..b", "a" * 64, ".".join(["abcdefg"] * 33), "\udc80"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a domain name"):
        name_octets(text)


def test_names_are_sent_as_a_labels() -> None:
    assert name_octets("bücher.example.") == b"\x0dxn--bcher-kva\7example\0"


def test_service_parameters_ascend() -> None:
    assert service_parameters(("dot", "h2"), 853, "/q") == (
        b"\0\1\0\7\3dot\2h2\0\3\0\2\x03\x55\0\7\0\2/q"
    )


def test_reading_past_the_end_is_malformed() -> None:
    with pytest.raises(Malformed):
        Reader(b"ab").octets(3)
    with pytest.raises(Malformed):
        Reader(b"ab").octets(-1)


PREFIX = ipaddress.IPv6Network("2001:db8:5::/64")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            SourceLinkLayerAddress(b"\2\0\0\0\0\1"),
            ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01"),
        ),
        (
            PrefixInformation(PREFIX, 5400, 2700, True, False),
            ICMPv6NDOptPrefixInfo(
                prefix="2001:db8:5::",
                prefixlen=64,
                L=1,
                A=0,
                R=0,
                validlifetime=5400,
                preferredlifetime=2700,
            ),
        ),
        (Mtu(1480), ICMPv6NDOptMTU(mtu=1480)),
        (
            RouteInformation(ipaddress.IPv6Network("2001:db8::/40"), 600, "low"),
            ICMPv6NDOptRouteInfo(plen=40, prf=3, rtlifetime=600, prefix="2001:db8::", len=2),
        ),
        (
            RecursiveDns((ipaddress.IPv6Address("2001:db8::53"),), 77),
            ICMPv6NDOptRDNSS(lifetime=77, dns=["2001:db8::53"]),
        ),
        (
            SearchList(("example.com", "lab.example"), 9),
            ICMPv6NDOptDNSSL(lifetime=9, searchlist=["example.com", "lab.example"]),
        ),
        (
            Pref64(ipaddress.IPv6Network("64:ff9b::/96"), 1800),
            ICMPv6NDOptPREF64(scaledlifetime=225, plc=0, prefix="64:ff9b::"),
        ),
        (
            CaptivePortal("https://portal.example/api"),
            ICMPv6NDOptCaptivePortal(URI="https://portal.example/api"),
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_scapy_writes_the_same(ours: AnyOption, theirs: object) -> None:
    encoded = bytes(theirs)  # type: ignore[call-overload]  # scapy's packets have __bytes__
    assert decode_option(encoded[0], encoded[2:]) == ours
    assert ours.encode() == encoded

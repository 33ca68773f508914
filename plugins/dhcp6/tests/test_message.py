"""The codec: against arbitrary octets, and against scapy as another encoder."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from plugins.dhcp6.tests.client import DUID, ip, na, pd, prefix, relay, reply_of, request
from scapy.layers.dhcp6 import (
    DUID_EN,
    DUID_LL,
    DUID_LLT,
    DUID_UUID,
    DHCP6_Advertise,
    DHCP6_RelayForward,
    DHCP6_Solicit,
    DHCP6OptClientId,
    DHCP6OptElapsedTime,
    DHCP6OptIA_NA,
    DHCP6OptIA_PD,
    DHCP6OptIAAddress,
    DHCP6OptIAPrefix,
    DHCP6OptIfaceId,
    DHCP6OptOptReq,
    DHCP6OptRelayMsg,
    DHCP6OptServerId,
)

from microdns_dhcp6.duid import hardware_of, hardware_of_address, kind_of
from microdns_dhcp6.message import (
    CLIENT_ID,
    IA_NA,
    IA_PD,
    IA_TA,
    RELAYS_MAX,
    SERVER_ID,
    SOLICIT,
    Ia,
    Malformed,
    Relay,
    ia_of,
    ia_with,
    item_octets,
    parse,
    relayed,
    status,
    tlv,
)

ADDRESS = st.binary(min_size=16, max_size=16)
U32 = st.integers(0, 2**32 - 1)
IAID = st.binary(min_size=4, max_size=4)


@given(st.binary(max_size=600))
def test_any_octets_are_a_message_or_malformed(data: bytes) -> None:
    try:
        parse(data)
    except Malformed:
        return


@given(st.binary(max_size=300), st.sampled_from([IA_NA, IA_TA, IA_PD, 9, 13, 17]))
def test_any_nested_octets_are_a_message_or_malformed(data: bytes, code: int) -> None:
    for message in (request(SOLICIT, (code, data)), relay(data), request(SOLICIT) + data):
        try:
            parse(message)
        except Malformed:
            continue


@given(
    st.dictionaries(st.integers(40, 65535), st.binary(max_size=300), max_size=8), st.integers(1, 11)
)
def test_options_come_back_whole(options: dict[int, bytes], kind: int) -> None:
    found = parse(request(kind, *options.items()))
    assert {code: found.options[code] for code in options} == options
    assert (found.type, found.options[CLIENT_ID]) == (kind, DUID)


@given(
    xid=st.integers(0, 2**24 - 1),
    iaid=U32,
    address=ADDRESS,
    network=ADDRESS,
    length=st.integers(0, 128),
    wanted=st.lists(st.integers(1, 65535), max_size=40),
    elapsed=st.integers(0, 65535),
)
def test_agrees_with_scapy(
    xid: int,
    iaid: int,
    address: bytes,
    network: bytes,
    length: int,
    wanted: list[int],
    elapsed: int,
) -> None:
    packet = (
        DHCP6_Solicit(trid=xid)
        / DHCP6OptClientId(duid=DUID_LL(lladdr="02:00:00:00:00:01"))
        / DHCP6OptIA_NA(iaid=iaid, ianaopts=[DHCP6OptIAAddress(addr=_text(address))])
        / DHCP6OptIA_PD(iaid=iaid, iapdopt=[DHCP6OptIAPrefix(prefix=_text(network), plen=length)])
        / DHCP6OptOptReq(reqopts=wanted)
        / DHCP6OptElapsedTime(elapsedtime=elapsed)
    )
    found = parse(bytes(packet))
    assert (found.type, int.from_bytes(found.xid, "big")) == (SOLICIT, xid)
    assert found.options[1] == DUID
    assert found.options[6] == b"".join(code.to_bytes(2, "big") for code in wanted)
    assert found.options[8] == elapsed.to_bytes(2, "big")
    first, second = found.ias
    assert (first.kind, first.iaid) == (IA_NA, iaid.to_bytes(4, "big"))
    assert first.items == (address,)
    mask = (1 << 128) - (1 << 128 - length)
    masked = (int.from_bytes(network, "big") & mask).to_bytes(16, "big")
    assert (second.kind, second.items) == (IA_PD, (masked + bytes((length,)),))


def _text(address: bytes) -> str:
    return ":".join(address[at : at + 2].hex() for at in range(0, 16, 2))


@given(st.lists(st.tuples(ADDRESS, ADDRESS, st.binary(max_size=20)), min_size=1, max_size=9))
def test_relays_agree_with_scapy(agents: list[tuple[bytes, bytes, bytes]]) -> None:
    data = request(SOLICIT, na())
    for hops, (link, peer, interface) in enumerate(agents):
        data = bytes(
            DHCP6_RelayForward(hopcount=hops, linkaddr=_text(link), peeraddr=_text(peer))
            / DHCP6OptIfaceId(ifaceid=interface)
            / DHCP6OptRelayMsg(message=DHCP6_Solicit(data))
        )
    found = parse(data)
    seen = [(each.link, each.peer, each.options[18]) for each in reversed(found.relays)]
    assert seen == agents
    assert found.ias[0].kind == IA_NA


@given(IAID, U32, U32, ADDRESS, U32, U32)
def test_replies_can_be_read_by_scapy(
    iaid: bytes, t1: int, t2: int, address: bytes, preferred: int, valid: int
) -> None:
    body = tlv(SERVER_ID, DUID) + ia_with(IA_NA, iaid, t1, t2, address, preferred, valid)
    body += ia_with(IA_PD, iaid, t1, t2, address + b"\x38", preferred, valid)
    packet = DHCP6_Advertise(b"\2abc" + body)
    assert bytes(packet[DHCP6OptServerId].duid) == DUID
    found = packet[DHCP6OptIA_NA]
    assert (found.iaid, found.T1, found.T2) == (int.from_bytes(iaid, "big"), t1, t2)
    (given,) = found.ianaopts
    assert (given.preflft, given.validlft) == (preferred, valid)
    (delegated,) = packet[DHCP6OptIA_PD].iapdopt
    assert (delegated.plen, delegated.preflft, delegated.validlft) == (56, preferred, valid)


@given(
    st.sampled_from([IA_NA, IA_TA, IA_PD]),
    IAID,
    st.lists(st.tuples(ADDRESS, U32, U32), max_size=4, unique_by=lambda item: item[0]),
)
def test_ias_come_back_whole(kind: int, iaid: bytes, items: list[tuple[bytes, int, int]]) -> None:
    tail = b"\x80" if kind == IA_PD else b""
    inside = b"".join(item_octets(kind, each + tail, p, v) for each, p, v in items)
    message = parse(b"\1abc" + ia_of(kind, iaid, 1, 2, inside + status(2, "none")))
    (found,) = message.ias
    assert (found.kind, found.iaid) == (kind, iaid)
    assert found.items == tuple(each + tail for each, _, _ in items)


def test_relayed_replies_are_nested() -> None:
    inner = relayed(b"\7abc", Relay(0, ip("::1"), ip("::2"), {}), b"")
    outer = relayed(inner, Relay(1, ip("::3"), ip("::4"), {}), tlv(18, b"x"))
    found = reply_of(outer)
    assert [(hops, options) for hops, _, _, options in found.relays] == [(1, {18: b"x"}), (0, {})]


@pytest.mark.parametrize(
    "tail",
    [
        b"\0",
        b"\0\3\0",
        b"\0\x06\0\5abcd",
        b"\0\3\0\x0b" + bytes(11),
        b"\0\3\0\x10" + bytes(12) + b"\0\5\0\x18",
        b"\0\3\0\x1b" + bytes(12) + b"\0\5\0\x0b" + bytes(11),
        b"\0\x19\0\x29" + bytes(12) + b"\0\x1a\0\x19" + bytes(8) + b"\x81" + bytes(16),
        b"\0\x04\0\3abc",
    ],
)
def test_lengths_that_lie_are_refused(tail: bytes) -> None:
    with pytest.raises(Malformed):
        parse(request(SOLICIT) + tail)
    with pytest.raises(Malformed):
        parse(relay(request(SOLICIT) + tail))


def test_too_many_of_anything_are_refused() -> None:
    nested = request(SOLICIT, na())
    for _ in range(RELAYS_MAX):
        nested = relay(nested)
    assert len(parse(nested).relays) == RELAYS_MAX
    many_options = [(code, b"") for code in range(100, 400)]
    many_addresses = na(*(f"2001:db8::{n:x}" for n in range(17)))
    for data in (
        relay(nested),
        request(SOLICIT, *(na(iaid=n) for n in range(17))),
        request(SOLICIT, many_addresses),
        request(SOLICIT, *many_options),
        request(SOLICIT, (17, bytes(5000))),
    ):
        with pytest.raises(Malformed):
            parse(data)


def test_a_relay_agents_part_needs_a_message() -> None:
    with pytest.raises(Malformed):
        parse(b"\x0c\0" + bytes(32))
    with pytest.raises(Malformed):
        parse(b"\x0c\0" + bytes(20))


def test_rfc_8415_21_22_bits_beyond_a_prefixs_length_do_not_count() -> None:
    data = bytearray(request(SOLICIT, pd("2001:db8::/40")))
    data[-1] = 1
    (found,) = parse(bytes(data)).ias
    assert isinstance(found, Ia)
    assert found.items == (prefix("2001:db8::/40"),)


@pytest.mark.parametrize(
    ("duid", "kind", "hardware"),
    [
        (DUID_LL(lladdr="02:00:00:00:00:01"), "ll", "01020000000001"),
        (DUID_LLT(lladdr="02:00:00:00:00:01", timeval=7), "llt", "01020000000001"),
        (DUID_EN(enterprisenum=9, id=b"abc"), "en", ""),
        (DUID_UUID(uuid="00000000-0000-0000-0000-000000000007"), "uuid", ""),
        (b"\0\x09abc", "9", ""),
        (b"\0\3", "ll", ""),
    ],
)
def test_11_kinds_of_duid(duid: object, kind: str, hardware: str) -> None:
    octets = bytes(duid)  # type: ignore[call-overload]  # scapy's packets are untyped
    assert kind_of(octets) == kind
    assert hardware_of(octets).hex() == hardware


@given(st.binary(max_size=140))
def test_any_octets_are_a_duid_of_some_kind(duid: bytes) -> None:
    assert kind_of(duid)
    assert len(hardware_of(duid)) <= 21


def test_rfc_4291_addresses_made_of_hardware_addresses() -> None:
    assert hardware_of_address(ip("fe80::ff:fe00:1")).hex() == "01020000000001"
    assert hardware_of_address(ip("fe80::1")) == b""

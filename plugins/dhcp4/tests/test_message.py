"""The codec: against arbitrary octets, and against scapy as another encoder."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from plugins.dhcp4.tests.client import ip, request
from scapy.layers.dhcp import BOOTP, DHCP

from microdns_dhcp4.message import (
    COOKIE,
    DISCOVER,
    IN_FILE,
    IN_SNAME,
    Malformed,
    fit,
    pack_head,
    parse,
    suboptions,
    tlv,
)

CODES = st.integers(1, 254).filter(lambda code: code not in (52, 53))


@given(st.binary(max_size=1600))
def test_any_octets_are_a_message_or_malformed(data: bytes) -> None:
    try:
        parse(data)
    except Malformed:
        return


@given(st.binary(max_size=400))
def test_any_options_are_a_message_or_malformed(data: bytes) -> None:
    try:
        parse(request(DISCOVER)[:240] + data)
    except Malformed:
        return


@given(st.dictionaries(CODES, st.binary(max_size=600), max_size=2))
def test_rfc3396_long_values_come_back_whole(options: dict[int, bytes]) -> None:
    found = parse(request(DISCOVER, *options.items()))
    assert {code: found.options[code] for code in options} == options


@given(
    xid=st.integers(0, 2**32 - 1),
    flags=st.sampled_from([0, 0x8000]),
    mac=st.binary(min_size=6, max_size=6),
    hostname=st.binary(min_size=1, max_size=60),
    wanted=st.lists(st.integers(1, 254), min_size=1, max_size=40),
)
def test_agrees_with_scapy(
    xid: int, flags: int, mac: bytes, hostname: bytes, wanted: list[int]
) -> None:
    options = [
        ("message-type", "request"),
        ("requested_addr", "192.0.2.7"),
        ("hostname", hostname),
        ("param_req_list", wanted),
        "end",
    ]
    packet = BOOTP(op=1, chaddr=mac, xid=xid, flags=flags, ciaddr="192.0.2.9") / DHCP(
        options=options
    )
    found = parse(bytes(packet))
    assert (found.op, found.xid, found.flags, found.chaddr[:6]) == (1, xid, flags, mac)
    assert found.ciaddr == ip("192.0.2.9")
    assert found.type == 3
    assert found.options[50] == ip("192.0.2.7")
    assert found.options[12] == hostname
    assert found.options[55] == bytes(wanted)


@pytest.mark.parametrize(
    "options", [b"\x0c", b"\x0c\x05abcd", b"\x35\x01\x01\x0c\xff", b"\x34\x01\x04"]
)
def test_lengths_that_lie_are_refused(options: bytes) -> None:
    with pytest.raises(Malformed):
        parse(request(DISCOVER)[:240] + options)


def test_rfc2132_9_3_options_are_found_in_file_and_sname() -> None:
    message = bytearray(request(DISCOVER, (52, bytes((IN_FILE | IN_SNAME,))), (12, b"ab")))
    message[108:113] = tlv(12, b"cd") + b"\xff"
    message[44:49] = tlv(12, b"ef") + b"\xff"
    assert parse(bytes(message)).options[12] == b"abcdef"


@given(
    st.lists(
        st.tuples(CODES, st.binary(min_size=1, max_size=100)), max_size=20, unique_by=lambda o: o[0]
    )
)
def test_replies_never_exceed_their_limit_and_lose_no_option_unsaid(
    options: list[tuple[int, bytes]],
) -> None:
    head = pack_head(parse(request(DISCOVER)), ip("192.0.2.7"), bytes(4))
    reply, dropped = fit(head, b"", [(code, tlv(code, value)) for code, value in options], 548)
    assert len(reply) <= 548
    found = parse(reply).options
    for code, value in options:
        assert code in dropped or found[code] == value


def test_large_replies_use_file_and_sname() -> None:
    head = pack_head(parse(request(DISCOVER)), ip("192.0.2.7"), bytes(4))
    options = [(code, tlv(code, bytes(60))) for code in range(100, 107)]
    reply, dropped = fit(head, b"", options, 548)
    assert parse(reply).options[52] == bytes((IN_FILE | IN_SNAME,))
    assert dropped == []


def test_a_boot_file_is_never_overwritten_by_options() -> None:
    head = pack_head(parse(request(DISCOVER)), ip("192.0.2.7"), bytes(4))
    names = b"server".ljust(64, b"\0") + b"pxelinux.0".ljust(128, b"\0")
    options = [(code, tlv(code, bytes(60))) for code in range(100, 110)]
    reply, dropped = fit(head, names, options, 548)
    assert parse(reply).file == b"pxelinux.0"
    assert dropped


@given(st.binary(max_size=300))
def test_suboptions_are_read_or_refused(data: bytes) -> None:
    try:
        suboptions(data)
    except Malformed:
        return


def test_replies_can_be_read_by_scapy() -> None:
    head = pack_head(parse(request(DISCOVER)), ip("192.0.2.7"), ip("192.0.2.5"))
    reply, _ = fit(head, b"", [(53, tlv(53, b"\2")), (54, tlv(54, ip("192.0.2.1")))], 548)
    packet = BOOTP(reply)
    assert (packet.op, packet.yiaddr, packet.siaddr) == (2, "192.0.2.7", "192.0.2.5")
    assert reply[236:240] == COOKIE
    assert ("server_id", "192.0.2.1") in packet[DHCP].options

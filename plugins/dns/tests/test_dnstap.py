"""Frames of dnstap, read back by rules of protobuf alone."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.dnstap import Exchange, Kind, frames_of, head_of
from microdns_dns.message import Transport

HOSTS = st.ip_addresses().map(str)
PORTS = st.integers(0, 65535)
TIMES = st.integers(0, 2**62)


def fields(message: bytes) -> dict[int, Any]:
    """Number to value; each field comes once."""
    found: dict[int, Any] = {}
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        number, kind = tag >> 3, tag & 7
        assert number not in found
        if kind == 5:
            found[number] = int.from_bytes(message[at : at + 4], "little")
            at += 4
            continue
        found[number], at = varint(message, at)
        if kind == 2:
            size = found[number]
            found[number] = message[at : at + size]
            assert len(found[number]) == size
            at += size
        else:
            assert kind == 0
    return found


def varint(octets: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while octets[at] & 0x80:
        number |= (octets[at] & 0x7F) << shift
        shift += 7
        at += 1
    return number | octets[at] << shift, at + 1


def messages(frames: list[bytes]) -> list[dict[int, Any]]:
    """The inner messages of frames whose lengths are right."""
    for frame in frames:
        assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    return [fields(fields(frame[4:])[14]) for frame in frames]


@given(HOSTS, PORTS, HOSTS, PORTS, st.sampled_from(Transport), st.binary(), st.binary(), TIMES)
def test_every_field_comes_back(
    client: str,
    client_port: int,
    server: str,
    server_port: int,
    transport: Transport,
    query: bytes,
    response: bytes,
    asked: int,
) -> None:
    exchange = Exchange(
        (client, client_port), (server, server_port), transport, query, response, asked, asked + 9
    )
    first, second = messages(frames_of(head_of(b"me", b""), exchange))
    common = {
        2: 1 if ipaddress.ip_address(client).version == 4 else 2,
        3: 1 if transport is Transport.UDP else 2,
        4: ipaddress.ip_address(client).packed,
        5: ipaddress.ip_address(server).packed,
        6: client_port,
        7: server_port,
        8: asked // 10**9,
        9: asked % 10**9,
    }
    assert first == {1: Kind.AUTH_QUERY, **common, 10: query}
    assert second == {
        1: Kind.AUTH_RESPONSE,
        **common,
        12: (asked + 9) // 10**9,
        13: (asked + 9) % 10**9,
        14: response,
    }


def test_the_head_says_who_tells() -> None:
    assert fields(head_of(b"ns1", b"v")) == {1: b"ns1", 2: b"v", 15: 1}
    assert fields(head_of(b"", b"")) == {15: 1}
    with pytest.raises(ValueError, match="at most 255"):
        head_of(b"x" * 256, b"")


def test_kinds_and_zones_of_addresses() -> None:
    asked = ("fe80::1%eth0", 1, 0, 2), ("fe80::2", 53), Transport.UDP, b"q", b"r", 1, 2
    first, second = messages(frames_of(b"", Exchange(*asked, for_client=True)))
    assert (first[1], second[1]) == (Kind.CLIENT_QUERY, Kind.CLIENT_RESPONSE)
    assert first[4] == ipaddress.ip_address("fe80::1").packed
    (alone,) = messages(frames_of(b"", Exchange(*asked, continued=True)))
    assert alone[1] == Kind.AUTH_RESPONSE

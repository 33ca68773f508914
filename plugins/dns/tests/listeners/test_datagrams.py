"""What a question's ancillary data become for its answer."""

import ipaddress
import socket
import struct

import pytest

from microdns_dns.listeners.datagrams import (
    PinnedDatagrams,
    WildcardDatagrams,
    _back,
    open_datagrams,
)

IP_PKTINFO = 8


def test_ipv4_keeps_the_local_address_and_leaves_the_interface_to_routing() -> None:
    local, destination = b"\x7f\0\0\2", b"\x7f\xff\xff\xff"
    received = struct.pack("=I4s4s", 7, local, destination)
    answered = struct.pack("=I4s4s", 0, local, bytes(4))
    assert _back([(socket.IPPROTO_IP, IP_PKTINFO, received)]) == [
        (socket.IPPROTO_IP, IP_PKTINFO, answered)
    ]


@pytest.mark.parametrize(("address", "interface"), [("2001:db8::1", 0), ("fe80::1", 7)])
def test_ipv6_keeps_the_interface_of_link_local_addresses_alone(
    address: str, interface: int
) -> None:
    local = ipaddress.IPv6Address(address).packed
    received = struct.pack("=16sI", local, 7)
    answered = struct.pack("=16sI", local, interface)
    assert _back([(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, received)]) == [
        (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, answered)
    ]


def test_other_ancillary_data_are_not_sent_back() -> None:
    assert _back([(socket.SOL_SOCKET, 29, b"time")]) == []
    assert _back([(socket.IPPROTO_IP, IP_PKTINFO, b"cut")]) == []
    assert _back([]) == []


@pytest.mark.parametrize(
    ("host", "kind"),
    [("127.0.0.1", PinnedDatagrams), ("0.0.0.0", WildcardDatagrams), ("::", WildcardDatagrams)],
)
def test_sockets_are_taken_for_what_they_are(host: str, kind: type) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as opened:
        opened.bind((host, 0))
        assert type(open_datagrams(opened)) is kind

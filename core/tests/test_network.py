"""Addresses as operators write them, and sockets for them."""

import socket

import pytest

from microdns.network import Address, SystemNetwork, parse_address
from microdns.testing.network import WORKERS_MAX, free_port, ports_of


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5300", ("192.0.2.1", 5300)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5300", ("2001:db8::1", 5300)),
        ("[fe80::1%lo]:53", ("fe80::1%lo", 53)),
        ("::", ("::", 53)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse_address(text, 53) == address


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "192.0.2.256", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:", "[::1",
     "[::1]x", "[::1]:x", "192.0.2.1:5\u0663", ":53", "192.0.2.1/24", "1.2.3"],
)  # fmt: skip
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|port"):
        parse_address(text, 53)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_sockets_are_bound_and_do_not_block(host: str) -> None:
    network = SystemNetwork()
    for opened in (network.bind_udp((host, 0)), network.bind_tcp((host, 0))):
        with opened:
            assert opened.getsockname()[0] == host
            assert not opened.getblocking()


def test_a_wildcard_of_each_family_can_share_a_port() -> None:
    network = SystemNetwork()
    with network.bind_udp(("::", 0)) as six:
        port = six.getsockname()[1]
        with network.bind_udp(("0.0.0.0", port)) as four:
            assert four.getsockname()[1] == port


def test_a_taken_address_is_an_oserror_and_leaks_no_socket() -> None:
    network = SystemNetwork()
    with network.bind_tcp(("127.0.0.1", 0)) as first, pytest.raises(OSError, match="in use"):
        network.bind_tcp(first.getsockname())
    assert isinstance(first, socket.socket)


def test_a_zone_names_the_interface_that_an_address_is_of() -> None:
    network = SystemNetwork()
    loopback = socket.if_nametoindex("lo")
    for zone in ("lo", str(loopback)):
        with network.bind_udp((f"::1%{zone}", 0)) as opened:
            assert opened.getsockname()[0] == "::1"
    with pytest.raises(OSError, match="no interface"):
        network.bind_udp(("fe80::1%nosuch0", 0))


def test_workers_of_a_run_are_given_ports_of_their_own() -> None:
    ports = [ports_of(f"gw{number}") for number in range(WORKERS_MAX)]
    assert ports_of("") == ports[0]
    assert len({port for each in ports for port in each}) == sum(map(len, ports))
    first, second = free_port(), free_port()
    assert first != second
    with SystemNetwork().bind_tcp(("127.0.0.1", first)):
        assert first not in {free_port() for _ in range(2 * len(ports[0]))}


def test_no_port_left_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with SystemNetwork().bind_udp(("127.0.0.1", free_port())) as held:
        port = held.getsockname()[1]
        monkeypatch.setattr("microdns.testing.network._ports", range(port, port + 1))
        with pytest.raises(OSError, match=f"no port of 127.0.0.1 from {port} to {port} is free"):
            free_port()

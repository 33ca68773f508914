"""Addresses: shared by those who ask for the same, opened together, closed when unused."""

import errno
import os
import socket

import pytest
from plugins.dns.tests.listeners.wire import UdpClient, new_listeners, query
from plugins.dns.tests.stages import FixedStage, SilentStage

from microdns.binding import explain
from microdns.network import Address, SystemNetwork
from microdns.testing import FakeClock, LoopbackNetwork
from microdns_dns.listeners import CannotListen
from microdns_dns.listeners.binding import open_pair

pytestmark = pytest.mark.anyio


async def test_one_address_is_shared_and_the_stages_are_asked_in_order(
    fake_clock: FakeClock,
) -> None:
    listeners, _ = new_listeners(fake_clock)
    first, second = SilentStage(order=100), FixedStage(order=200)
    later = await listeners.listen([("0.0.0.0", 53)], second)
    earlier = await listeners.listen([("0.0.0.0", 53)], first)
    assert earlier.addresses == later.addresses
    with UdpClient(later.addresses[0]) as client:
        assert (await client.ask(query()))[3] & 0xF == 0
        assert len(first.asked) == len(second.asked) == 1
        await later.close()
        assert (await client.ask(query()))[3] & 0xF == 5
        await earlier.close()
        assert listeners.status() == []
    await listeners.close()


async def test_addresses_are_the_same_however_they_are_spelled(fake_clock: FakeClock) -> None:
    listeners, _ = new_listeners(fake_clock)
    one = await listeners.listen([("0:0:0:0:0:0:0:1", 53)], FixedStage())
    two = await listeners.listen([("::1", 53)], SilentStage())
    assert one.addresses == two.addresses
    await listeners.close()


async def test_everyone_who_asks_for_any_port_gets_one_for_udp_and_tcp(
    fake_clock: FakeClock,
) -> None:
    listeners, _ = new_listeners(fake_clock, SystemNetwork())
    one = await listeners.listen([("127.0.0.1", 0), ("127.0.0.1", 0)], FixedStage())
    two = await listeners.listen([("127.0.0.1", 0)], FixedStage())
    assert len({*one.addresses, *two.addresses}) == 3
    for address in one.addresses:
        with socket.create_connection(address, timeout=5):
            pass
    await listeners.close()


async def test_status_names_addresses_and_stages(fake_clock: FakeClock) -> None:
    listeners, _ = new_listeners(fake_clock)
    listening = await listeners.listen([("127.0.0.1", 53)], FixedStage())
    host, port = listening.addresses[0]
    assert listeners.status() == [{"address": f"{host}:{port}", "stages": ["fixed"]}]
    await listeners.close()


async def test_either_all_addresses_are_opened_or_none(fake_clock: FakeClock) -> None:
    listeners, _ = new_listeners(fake_clock, SystemNetwork())
    with pytest.raises(CannotListen):
        await listeners.listen([("127.0.0.1", 0), ("192.0.2.1", 0)], FixedStage())
    assert listeners.status() == []
    await listeners.close()


async def test_a_port_in_use_is_told_with_its_holder(fake_clock: FakeClock) -> None:
    listeners, _ = new_listeners(fake_clock, SystemNetwork())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        holding = rf"the port is in use by \S+ \(pid {os.getpid()}\); stop it, or choose"
        with pytest.raises(CannotListen, match=rf"127.0.0.1:{port}: {holding}"):
            await listeners.listen([("127.0.0.1", port)], FixedStage())
    await listeners.close()


async def test_a_port_in_use_for_tcp_alone_leaves_no_udp_socket(fake_clock: FakeClock) -> None:
    listeners, _ = new_listeners(fake_clock, SystemNetwork())
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = holder.getsockname()
        with pytest.raises(CannotListen):
            await listeners.listen([address], FixedStage())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(address)
    await listeners.close()


async def test_ipv6_among_others_may_be_missing(
    fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microdns_dns.listeners._has_ipv6", lambda: False)
    listeners, _ = new_listeners(fake_clock)
    listening = await listeners.listen([("0.0.0.0", 53), ("::", 53)], FixedStage())
    assert len(listening.addresses) == 1
    await listeners.close()


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.EACCES, "CAP_NET_BIND_SERVICE"),
        (errno.EADDRNOTAVAIL, "no interface of this machine"),
        (errno.EAFNOSUPPORT, "no IPv6"),
        (errno.ENOBUFS, "No buffer space"),
    ],
)
def test_errors_say_what_to_do(code: int, remedy: str) -> None:
    text = explain(("::1", 53), OSError(code, "No buffer space available"))
    assert text.startswith("can't listen on [::1]:53: ")
    assert remedy in text


def test_any_port_is_tried_again_when_tcp_has_it_taken() -> None:
    class Unlucky(LoopbackNetwork):
        tries = 0

        def bind_tcp(self, address: Address) -> socket.socket:
            self.tries += 1
            if self.tries < 3:
                raise OSError(errno.EADDRINUSE, "in use")
            return super().bind_tcp(address)

    network = Unlucky()
    udp, tcp = open_pair(network, ("127.0.0.1", 0))
    assert udp.getsockname() == tcp.getsockname()
    udp.close()
    tcp.close()

"""Who is served first when many wait, and that nobody waits for ever."""

import logging

import pytest

from microdns_dhcp import reception
from microdns_dhcp.reception import Reception
from microdns_dhcp.steering import Beginning
from microdns_dhcp.testing import FakeDatagrams, FakeLinks, settle

pytestmark = pytest.mark.anyio
BEGINNING = Beginning(0, b"B")
SOURCE = ("192.0.2.1", 68)
LOG = logging.getLogger("test")


class Served:
    """An interface whose datagrams are written down in the order in which they are handled."""

    def __init__(self, links: FakeLinks, name: str = "eth0") -> None:
        self.handled = ""
        self.inlet = links.udp4(name, 67, BEGINNING)
        self.reception = Reception(BEGINNING, LOG)
        self.reception.open(name, self.inlet, self._receiving, self._handle)

    def _receiving(self, opened: FakeDatagrams) -> reception.Receive:
        return lambda: opened.recvfrom(16)

    def _handle(self, data: bytes, _source: tuple[str, int]) -> None:
        self.handled += data.decode()

    def deliver(self, data: bytes, times: int = 1) -> None:
        for _ in range(times):
            self.inlet.ongoing.deliver(data, SOURCE)


@pytest.mark.parametrize("steering", [True, False])
async def test_who_is_in_the_middle_goes_first(steering: bool) -> None:
    links = FakeLinks()
    links.steering = steering
    served = Served(links)
    served.deliver(b"B", 3)
    served.deliver(b"o", 3)
    await settle()
    assert served.handled == "oooBBB"
    served.reception.close("eth0")


async def test_neither_starves_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "DATAGRAMS_PER_TURN", 2)
    monkeypatch.setattr(reception, "BEGINNINGS_PER_TURN", 1)
    served = Served(FakeLinks())
    served.deliver(b"B", 4)
    served.deliver(b"o", 9)
    await settle()
    # A turn reads from the first socket once for itself, and once before the second.
    assert served.handled.index("B") <= 4
    assert "BB" not in served.handled[: served.handled.rindex("o")]
    assert sorted(served.handled) == ["B"] * 4 + ["o"] * 9
    served.reception.close("eth0")


async def test_both_sockets_are_closed() -> None:
    served = Served(FakeLinks())
    served.reception.close("eth0")
    beside = served.inlet.beginning
    assert beside is not None
    assert served.inlet.ongoing.closed
    assert beside.closed


async def test_a_kernel_that_refuses_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    links = FakeLinks()
    links.steering = False
    served = Served(links)
    inlet = links.udp4("eth1", 67, BEGINNING)
    served.reception.open("eth1", inlet, served._receiving, served._handle)
    assert caplog.text.count("one queue for all messages") == 1
    for name in ("eth0", "eth1"):
        served.reception.close(name)

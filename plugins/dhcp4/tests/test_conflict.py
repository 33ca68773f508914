"""Addresses that somebody uses already."""

import pytest
from plugins.dhcp4.tests.bench import serving
from plugins.dhcp4.tests.client import MAC, ip, request

from microdns_dhcp.model import ABANDONED
from microdns_dhcp.probes import arp_probe, arp_sender, echo_request
from microdns_dhcp4.delivery import checksum
from microdns_dhcp4.message import DISCOVER

pytestmark = pytest.mark.anyio

CHECKED = 'conflict_check = "arp"'
FIRST = ip("192.0.2.100")


async def test_an_address_that_answers_is_not_offered_and_another_is() -> None:
    async with serving(settings=CHECKED) as bench:
        bench.links.answering.add(FIRST)
        offer = await bench.one(request(DISCOVER))
        assert offer.yiaddr == ip("192.0.2.101")
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.state == ABANDONED
        assert bench.journal()[0].type == "lease.abandoned"
        arena = bench.book.arenas["192.0.2.0/24"]
        assert list(arena.held) == [ip("192.0.2.101")]


async def test_a_silent_address_is_offered_after_the_look() -> None:
    async with serving(settings=CHECKED) as bench:
        assert (await bench.lease()).yiaddr == FIRST
        assert bench.count("discover", "checking") == 1


async def test_what_a_client_had_before_is_offered_without_a_look() -> None:
    async with serving(settings=CHECKED) as bench:
        await bench.lease()
        bench.links.answering.add(FIRST)
        assert (await bench.one(request(DISCOVER))).yiaddr == FIRST


def test_rfc5227_2_1_1_a_probe_names_no_sender_address() -> None:
    probe = arp_probe(MAC, FIRST)
    assert len(probe) == 42
    assert arp_sender(probe) == (MAC, bytes(4))
    assert arp_sender(probe[:41]) is None


def test_echo_requests_sum_up() -> None:
    for identifier in (0, 1, 0xF7FF, 0xFFFF):
        assert checksum(echo_request(identifier)) == 0

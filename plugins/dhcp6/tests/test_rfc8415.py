"""The protocol of RFC 8415, message by message."""

import pytest
from plugins.dhcp6.tests.bench import FIRST, PEER, SERVER, serving
from plugins.dhcp6.tests.client import DUID, MAC, XID, ip, na, oro, request

from microdns_dhcp.model import ACTIVE
from microdns_dhcp6.message import ADVERTISE, REPLY, REQUEST, SOLICIT

pytestmark = pytest.mark.anyio


async def test_18_3_1_a_new_client_gets_an_address_and_its_settings() -> None:
    async with serving() as bench:
        offer = await bench.one(request(SOLICIT, na(), oro(23, 24)))
        assert (offer.type, offer.address, offer.xid) == (ADVERTISE, FIRST, XID)
        assert (offer.options[1], offer.options[2]) == (DUID, SERVER)
        reply = await bench.one(request(REQUEST, na(FIRST), oro(23, 24), server=SERVER))
        assert (reply.type, reply.address) == (REPLY, FIRST)
        (ia,) = reply.ias
        assert (ia.iaid, ia.t1, ia.t2, ia.items) == (1, 1125, 1800, {FIRST: (2250, 3600)})
        assert reply.options[23] == ip("2001:db8::53")
        assert reply.options[24] == b"\7example\3com\0"


async def test_18_3_2_a_reply_is_durable_before_it_is_sent() -> None:
    async with serving() as bench:
        await bench.lease()
        (entry,) = bench.journal()
        assert entry.type == "lease.granted"
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert (lease.state, lease.hardware) == (ACTIVE, b"\1" + MAC)
        assert (lease.duid, lease.iaid, lease.peer) == (DUID, 1, ip(PEER))

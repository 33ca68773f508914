"""Random lives of leases and curated records: whatever happens, what must hold holds."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugins.registration.tests.world import World, world

from microdns.operations import Call
from microdns_dhcp.model import ACTIVE, LEASES, address_text
from microdns_dns import names
from microdns_dns.model import Record
from microdns_dns.rdata.numbers import AAAA, PTR, A
from microdns_dns.repository import Remove
from microdns_registration.model import MOVED
from microdns_registration.names import reverse_name

FOUR = [f"192.0.2.{number}" for number in (10, 11, 12)]
SIX = [f"2001:db8::{number}" for number in (10, 11)]
HOSTS = ("box", "crate", "Box", "")
CURATED = {"A": "203.0.113.1", "AAAA": "2001:db8::99", "CNAME": "other.", "TXT": '"text"'}

STEPS = st.one_of(
    st.tuples(
        st.just("grant"), st.sampled_from(FOUR + SIX), st.integers(1, 3), st.sampled_from(HOSTS)
    ),
    st.tuples(st.just("release"), st.sampled_from(FOUR + SIX)),
    st.tuples(st.just("add"), st.sampled_from(["box", "crate"]), st.sampled_from(list(CURATED))),
    st.tuples(st.just("remove"), st.sampled_from(["box", "crate"])),
    st.tuples(st.just("restart")),
)


class Life:
    """One sequence of steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clients: dict[str, int] = {}
        """The client of each address that is leased."""
        self.heard = 0
        self.here: World
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        self.here = await self._stack.enter_async_context(world(folder=self.folder))

    async def stop(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def step(self, what: str, *given: object) -> None:
        await getattr(self, what)(*given)
        await self.here.settled()
        self.check()

    async def grant(self, ip: str, client: int, hostname: str) -> None:
        if self.clients.get(ip, client) != client:
            return
        self.clients[ip] = client
        self.heard += 10
        lease = self.here.new_lease(ip, client, hostname)
        await self.here.grant(msgspec.structs.replace(lease, renewed=lease.renewed + self.heard))

    async def release(self, ip: str) -> None:
        if self.clients.pop(ip, None) is not None:
            await self.here.release(ip)

    async def add(self, owner: str, type: str) -> None:
        found = list(self.here.repository.records("gw.lo", owner))
        if not any(record.source == "api" for record in found):
            await self.here.add("gw.lo", owner, type, CURATED[type])

    async def remove(self, owner: str) -> None:
        found = list(self.here.repository.records("gw.lo", owner))
        for record in found:
            if record.source == "api":
                await self.here.repository.change(Call(), "gw.lo", [Remove(record.id)])

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    # -- what must hold

    def check(self) -> None:
        self.here.records()  # no record is there twice
        forward = list(self.here.repository.records("gw.lo"))
        leased = self._leased()
        named: dict[bytes, str] = {}
        for record in forward:
            if record.source == "dhcp":
                assert record.type in (A, AAAA)
                assert record.rdata in leased, "a record without a lease"
                assert record.rdata not in named, "two names for one lease"
                named[record.rdata] = record.name
        for address in leased:
            known = self.here.registration(address_text(address))
            assert known is not None
            assert (address in named) == (known.problem != MOVED), "a lease without a name"
        self._check_owners(forward, leased)
        self._check_pointers(named)

    def _leased(self) -> dict[bytes, bytes]:
        return {
            lease.address: lease.hardware or lease.client[-6:]
            for lease in self.here.kernel.store.scan(LEASES)
            if lease.state == ACTIVE
        }

    def _check_owners(self, forward: list[Record], leased: dict[bytes, bytes]) -> None:
        for owner in {record.name.lower() for record in forward}:
            found = [record for record in forward if record.name.lower() == owner]
            ours = [record for record in found if record.source == "dhcp"]
            others = [each for each in found if each.source != "dhcp" and each.type != 16]
            assert not (ours and others), "a curated name is shadowed"
            assert len({leased[record.rdata][-6:] for record in ours}) <= 1, "two hosts, one name"

    def _check_pointers(self, named: dict[bytes, str]) -> None:
        pointers = {
            f"{record.name}.{zone.name}": names.to_text(record.rdata)
            for zone in self.here.zones()
            for record in self.here.repository.records(zone.id)
            if record.type == PTR
        }
        wanted = {
            names.to_text(reverse_name(address)): f"{name}.gw.lo" for address, name in named.items()
        }
        assert pointers == wanted


async def live(steps: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        await life.start()
        try:
            await life.here.new_zone("gw.lo")
            for what, *given_ in steps:
                await life.step(what, *given_)
            done = await life.here.kernel.operations.call("registration.reconcile", {}, Call())
            assert done.repaired == 0, done.changes
            for ip in list(life.clients):
                await life.step("release", ip)
            assert life.here.records() == set()
        finally:
            await life.stop()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=1, max_size=14))
def test_whatever_happens_names_follow_leases(steps: list[tuple[str, ...]]) -> None:
    asyncio.run(live(steps))

"""The store against a dict: whatever is done to both, they agree."""

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from microdns.errors import Conflict, NotFound
from microdns.store import Reader, Snapshot, Store, Transaction
from microdns.testing.clock import FakeClock

from .samples import COLLECTIONS, EVENTS, HOSTS, Host, HostChanged

T = TypeVar("T")

names = st.sampled_from(["a", "b", "b\x00", "b\x01", "ba", "c", "\xff"])
hosts = st.builds(
    Host,
    name=names,
    address=st.sampled_from([b"", b"\x00", b"1", b"1\x00"]),
    tags=st.sets(st.sampled_from(["x", "x\x00", "xy", "z"])).map(lambda tags: tuple(sorted(tags))),
)
writes = st.one_of(
    st.tuples(st.just("put"), hosts),
    st.tuples(st.just("insert"), hosts),
    st.tuples(st.just("delete"), st.builds(Host, name=names)),
)
Model = dict[str, tuple[Host, int]]
"""Value and version by name."""


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.model: Model = {}
        self.events: list[str] = []
        self.snapshots: list[tuple[Any, Snapshot, Model]] = []
        self.store = self.run(self.opened())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def opened(self) -> Store:
        path = Path(self.folder.name) / "db"
        return await Store.open(path, COLLECTIONS, EVENTS, clock=FakeClock())

    @rule(steps=st.lists(writes, max_size=6), ending=st.sampled_from(["", "agree", "raise", "dry"]))
    def transaction(self, steps: list[tuple[str, Host]], ending: str) -> None:
        self.run(self.transact(steps, ending))

    @rule(
        several=st.lists(st.lists(writes, min_size=1, max_size=3), min_size=2, max_size=4),
        ending=st.sampled_from(["", "agree"]),
    )
    def transactions_of_one_round(self, several: list[list[tuple[str, Host]]], ending: str) -> None:
        """They share a batch, which is applied when somebody looks, or at the end.

        Transactions look without that.
        """

        async def look() -> None:
            agree(self.store, self.model)

        async def together() -> None:
            work = [self.transact(steps, ending) for steps in several]
            await asyncio.gather(*work[:2], look(), *work[2:])

        self.run(together())

    async def transact(self, steps: list[tuple[str, Host]], ending: str = "") -> None:
        model = dict(self.model)
        with contextlib.suppress(ZeroDivisionError):
            async with self.store.transaction(dry_run=ending == "dry") as tx:
                agree_each(tx, model)
                for step, host in steps:
                    apply(tx, model, step, host)
                    if ending:
                        agree(tx, model)
                        agree_each(tx, model)
                agree_each(tx, model)
                if steps:
                    tx.emit(HostChanged(name=steps[0][1].name))
                if ending == "raise":
                    raise ZeroDivisionError
                if ending != "dry":
                    self.model = model
                    self.events += [steps[0][1].name for _ in tx.entries]

    @rule()
    def take_snapshot(self) -> None:
        if len(self.snapshots) < 3:
            manager = self.store.snapshot()
            self.snapshots.append((manager, self.run(manager.__aenter__()), dict(self.model)))

    @rule()
    def leave_snapshot(self) -> None:
        if self.snapshots:
            self.run(self.snapshots.pop(0)[0].__aexit__(None, None, None))

    @rule()
    def reopen(self) -> None:
        while self.snapshots:
            self.leave_snapshot()
        self.run(self.store.close())
        self.store = self.run(self.opened())

    @invariant()
    def everything_agrees(self) -> None:
        agree(self.store, self.model)
        for _, snapshot, model in self.snapshots:
            agree(snapshot, model)
        entries = list(self.store.journal.read())
        assert [entry.sequence for entry in entries] == list(range(1, len(self.events) + 1))
        assert [entry.event.name for entry in entries] == self.events  # type: ignore[attr-defined]  # HostChanged

    def teardown(self) -> None:
        while self.snapshots:
            self.leave_snapshot()
        self.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()


def apply(tx: Transaction, model: Model, step: str, host: Host) -> None:
    """Do one step to both, and see that they refuse the same."""
    present = model.get(host.name)
    if step == "delete":
        if present is None:
            with pytest.raises(NotFound):
                tx.delete(HOSTS, host.name.encode())
        else:
            assert tx.delete(HOSTS, host.name.encode(), if_version=present[1]) == present[0]
            del model[host.name]
        return
    taken = any(
        host.address and other.address == host.address and other.name != host.name
        for other, _ in model.values()
    )
    put = tx.insert if step == "insert" else tx.put
    if taken or (step == "insert" and present is not None):
        with pytest.raises(Conflict):
            put(HOSTS, host)
        return
    put(HOSTS, host)
    model[host.name] = (host, tx.transaction)


def agree(reader: Reader, model: Model) -> None:
    """Every way of reading gives what the model has."""
    ordered = sorted((host for host, _ in model.values()), key=lambda host: host.name.encode())
    assert list(reader.scan(HOSTS)) == ordered
    assert list(reader.scan(HOSTS, reverse=True)) == ordered[::-1]
    assert list(reader.scan(HOSTS, b"b", limit=2)) == [h for h in ordered if h.name[:1] == "b"][:2]
    assert list(reader.scan(HOSTS, start=b"b\x01")) == [
        host for host in ordered if host.name.encode() >= b"b\x01"
    ]
    for name in ("a", "b", "b\x00"):
        host, version = model.get(name, (None, None))
        assert reader.get(HOSTS, name.encode()) == host
        assert reader.version(HOSTS, name.encode()) == version
    for address in (b"\x00", b"1", b"1\x00"):
        assert list(reader.find(HOSTS, "address", address)) == [
            host for host in ordered if host.address == address
        ]
    for tag in ("x", "x\x00", "xy"):
        assert list(reader.find(HOSTS, "tag", tag.encode())) == [
            h for h in ordered if tag in h.tags
        ]
    assert list(reader.find(HOSTS, "tag", b"x", prefix=True)) == [
        host
        for tag, host in sorted(
            ((tag, host) for host in ordered for tag in host.tags if tag.startswith("x")),
            key=lambda pair: (pair[0].encode(), pair[1].name.encode()),
        )
    ]


def agree_each(tx: Transaction, model: Model) -> None:
    """Reading several prefixes at once gives what the model has, in any order."""
    prefixes = [b"c", "\xff".encode(), b"b\x01", b"ba", b"nothing", b"a"]
    found = {host.name: host for host in tx.scan_each(HOSTS, prefixes)}
    assert found == {
        name: host for name, (host, _) in model.items() if name.encode().startswith(tuple(prefixes))
    }


StoreMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestStoreAgainstModel = StoreMachine.TestCase

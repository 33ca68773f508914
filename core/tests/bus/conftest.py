"""A store of the events of ``colours``, and its bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from core.tests.bus.colours import EVENTS

from microdns.bus import Bus
from microdns.store import Store
from microdns.testing import FakeClock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "db", events=EVENTS, clock=FakeClock())
    yield store
    await store.close()


@pytest.fixture
def bus(store: Store) -> Bus:
    return Bus(store.journal, store.clock)

"""What all tests of the DNS foundation share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from microdns.store import Store
from microdns.testing.clock import FakeClock
from microdns_dns.events import EVENTS
from microdns_dns.model import COLLECTIONS
from microdns_dns.repository import ZoneRepository


@pytest.fixture
def anyio_backend() -> str:
    """The kernel runs on asyncio."""
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path, fake_clock: FakeClock) -> AsyncIterator[Store]:
    """A real store with the DNS collections."""
    opened = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, clock=fake_clock)
    yield opened
    await opened.close()


@pytest.fixture
def repository(store: Store, fake_clock: FakeClock) -> ZoneRepository:
    """A repository on that store."""
    return ZoneRepository(store, fake_clock)

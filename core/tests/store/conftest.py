"""A small world for the store's tests: two collections, two events."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

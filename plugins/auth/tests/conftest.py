"""What the tests of the authoritative plugin share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The kernel runs on asyncio."""
    return "asyncio"

"""What all tests of the kernel share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The kernel runs on asyncio."""
    return "asyncio"

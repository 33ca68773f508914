"""What all tests of the kernel share."""

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does: no deadline.
settings.register_profile("microdns", deadline=None)
settings.load_profile("microdns")


@pytest.fixture
def anyio_backend() -> str:
    """The kernel runs on asyncio."""
    return "asyncio"

"""What the tests of this plugin share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

"""The compiled engine serves wherever it is built; its own tests are left out where it is not."""

import pytest

from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_dns.plugin import DnsPlugin

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.needs("engine")
async def test_status_says_that_the_compiled_engine_is_active() -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        status = await kernel.operations.call("status.get", {}, Call())
        facts = {each.name: each.facts for each in status.plugins}
        assert facts["dns"]["engine"].startswith("compiled")

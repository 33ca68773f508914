"""The foundation in a running kernel."""

import pytest

from microdns.testing import check_plugin
from microdns_dhcp.plugin import DhcpPlugin

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(DhcpPlugin(), "")

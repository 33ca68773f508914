"""Tabs of other plugins, ours and somebody else's, in a real browser."""

import threading
from collections.abc import Iterator

import anyio
import pytest
from playwright.sync_api import Browser, expect
from tests.end_to_end.dashboard.conftest import PATIENCE_MS, Windows
from tests.end_to_end.dashboard.sample import add_leases
from tests.end_to_end.dashboard.served import Instance
from tests.end_to_end.dashboard.sky import SkyPlugin

from microdns.testing import LoopbackNetwork, run_kernel
from microdns_dashboard.plugin import DashboardPlugin
from microdns_rest.plugin import RestPlugin

pytestmark = pytest.mark.needs("chromium")

CONFIG = "[api.rest]\nenabled = true\n[api.dashboard]\nenabled = true\n"


@pytest.fixture
def sky_port() -> Iterator[int]:
    """A kernel with the other's plugin, in a thread of its own; its port."""
    network, ready, over = LoopbackNetwork(), threading.Event(), threading.Event()

    async def serve() -> None:
        plugins = [RestPlugin(), DashboardPlugin(), SkyPlugin()]
        async with run_kernel(plugins, CONFIG, network=network):
            ready.set()
            await anyio.to_thread.run_sync(over.wait)

    thread = threading.Thread(target=anyio.run, args=(serve,))
    thread.start()
    try:
        assert ready.wait(60)
        yield network.bound[("0.0.0.0", 8080)][1]
    finally:
        over.set()
        thread.join()


def test_a_third_partys_tab_is_a_tab_like_ours(browser: Browser, sky_port: int) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"http://127.0.0.1:{sky_port}/dashboard")
    page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Sky").click()
    expect(page.get_by_role("heading", name="Sky")).to_be_visible()
    expect(page.get_by_text("The sky is <b>blue</b>.")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.get_by_role("link", name="DNS")).to_have_count(0)
    context.close()
    assert wrong == []


@pytest.mark.needs("root")
def test_leases_are_found_and_released(windows: Windows, instance: Instance) -> None:
    add_leases(instance)
    page = windows.logged_in("#/dhcp")
    pools = page.get_by_role("region", name="Pools")
    expect(pools.get_by_text("19 of 20 in use")).to_be_visible()
    leases = page.get_by_role("region", name="Leases").first
    leases.get_by_label("Name").fill("printer")
    expect(leases.get_by_role("row")).to_have_count(2)
    leases.get_by_role("button", name="Release 192.0.2.101").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(leases.get_by_text("No lease fits.")).to_be_visible()
    page.get_by_role("button", name="Reserve an address").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Hardware address").fill("02:00:00:00:09:09")
    dialog.get_by_label("Address", exact=True).fill("192.0.2.160")
    dialog.get_by_role("button", name="Reserve").click()
    expect(page.get_by_role("cell", name="192.0.2.160", exact=True)).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    changes = page.get_by_role("region", name="Recent changes")
    released = changes.get_by_role("listitem").filter(has_text="lease.released").first
    expect(released).to_contain_text("192.0.2.101 printer (02:00:00:00:01:01)")

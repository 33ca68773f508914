"""The dashboard in a running kernel: its files, their headers, and tabs of any plugin."""

import hashlib
from collections.abc import Iterable
from importlib.resources import files

import pytest
from plugins.dashboard.tests.serving import serving

from microdns.plugin import Plugin, hookimpl
from microdns.tabs import Tab
from microdns.testing import check_plugin
from microdns_dashboard.plugin import DashboardPlugin

pytestmark = pytest.mark.anyio

WEB = files("microdns_dashboard") / "web"
CONFIG = "[api.rest]\nenabled = true\n[api.dashboard]\nenabled = true"


class SkyPlugin(Plugin):
    """Somebody else's: it knows nothing of the dashboard."""

    name = "sky"
    summary = "Brings a tab"

    @hookimpl
    def microdns_tabs(self) -> Iterable[Tab]:
        yield Tab("sky", "Sky", "microdns_dashboard", "events.js", folder="tabs", order=50)
        yield Tab("secret", "Secret", "microdns_dashboard", "logs.js", folder="tabs", scope="a:b")


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(DashboardPlugin(), CONFIG)


async def test_the_page_is_served_by_rest() -> None:
    async with serving() as (_, client):
        moved = await client.get("/dashboard")
        assert (moved.status_code, moved.headers["location"]) == (302, "/dashboard/")
        page = await client.get("/dashboard/")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<title>MicroDNS</title>" in page.text
        assert (await client.get("/api/v1/health")).status_code == 200


async def test_nothing_but_files_of_ours_may_run() -> None:
    async with serving() as (_, client):
        policy = (await client.get("/dashboard/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "..%2fplugin.py",
        "%2e%2e/plugin.py",
        "lib",
        "lib/",
        "lib/..%2fapp.js",
        ".hidden.js",
        "tabs/overview/..%2fplugin.py",
        "tabs/nobody/x.js",
        "tabs/overview/missing.js",
        "vendor/uplot/a/b/c/d.js",
    ],
)
async def test_no_other_file_is_served(path: str) -> None:
    async with serving() as (_, client):
        assert (await client.get(f"/dashboard/{path}")).status_code == 404


async def test_a_browser_keeps_what_has_not_changed() -> None:
    async with serving() as (_, client):
        first = await client.get("/dashboard/app.js")
        assert first.headers["cache-control"] == "no-cache"
        again = await client.get(
            "/dashboard/app.js", headers={"If-None-Match": first.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


async def test_any_plugin_brings_tabs_and_takes_them_along() -> None:
    async with serving(plugins=[SkyPlugin()]) as (kernel, client):
        tabs = (await client.get("/dashboard/session")).json()["tabs"]
        assert [tab["id"] for tab in tabs] == [
            "overview", "sky", "secret", "events", "logs", "plugins",
        ]  # fmt: skip
        assert tabs[1]["module"] == "tabs/sky/events.js"
        assert (await client.get("/dashboard/tabs/sky/events.js")).status_code == 200
        await kernel.stop_plugin("sky")
        tabs = (await client.get("/dashboard/session")).json()["tabs"]
        assert "sky" not in [tab["id"] for tab in tabs]
        assert (await client.get("/dashboard/tabs/sky/events.js")).status_code == 404


async def test_the_page_goes_when_its_plugin_stops() -> None:
    async with serving() as (kernel, client):
        await kernel.stop_plugin("dashboard")
        assert (await client.get("/dashboard/")).status_code == 404
        await kernel.start_plugin("dashboard")
        assert (await client.get("/dashboard/")).status_code == 200


def test_libraries_are_the_published_ones() -> None:
    """``vendor/*/HASHES.txt`` was made from the npm package named in it."""
    for folder in (WEB / "vendor").iterdir():
        lines = (folder / "HASHES.txt").read_text().splitlines()
        pairs = [line.split("  ") for line in lines if not line.startswith("#")]
        listed = {name: digest for digest, name in pairs}
        names = {file.name for file in folder.iterdir()} - {"HASHES.txt"}
        assert set(listed) == names
        for name, digest in listed.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest

"""``make screenshots``: each tab on a desktop, in the dark, and on a phone, for the documentation.

Pictures are small PNGs of at most ``BYTES_MAX`` octets, written to ``docs/images``.
"""

import contextlib
import random
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.end_to_end.dashboard.conftest import FLAGS
from tests.end_to_end.dashboard.sample import add_leases, add_zone, ask
from tests.end_to_end.dashboard.served import KEY, Instance
from tests.peers.process import find_program

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"
BYTES_MAX = 150_000
TABS = ("overview", "dns", "dns/example.com", "dhcp", "events", "logs", "plugins")
LOOKS: dict[str, dict[str, object]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "color_scheme": "light"},
}
TRAFFIC_SECONDS = 75


def main(seconds: float = TRAFFIC_SECONDS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance(Path(folder))
        done = threading.Event()
        instance.start()
        try:
            add_sample(instance)
            asking = threading.Thread(target=keep_asking, args=(instance, done))
            asking.start()
            time.sleep(seconds)
            with sync_playwright() as playwright:
                path = find_program("chromium")
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                for look, options in LOOKS.items():
                    take(browser, instance, look, options)
                browser.close()
        finally:
            done.set()
            instance.stop()


def add_sample(instance: Instance) -> None:
    """Zones and leases to look at."""
    for zone in ("example.com", "example.net", "2.0.192.in-addr.arpa"):
        add_zone(instance, zone)
    add_leases(instance)


def keep_asking(instance: Instance, done: threading.Event) -> None:
    """Send queries, so that charts have something to show."""
    chance = random.Random(4)
    while not done.wait(0.1):
        with contextlib.suppress(OSError):
            ask(instance, "www.example.com", times=chance.randint(10, 60))
            ask(instance, "missing.example.com", times=chance.randint(1, 9))
            ask(instance, "example.org", times=chance.randint(0, 2))


def take(browser: Browser, instance: Instance, look: str, options: Mapping[str, object]) -> None:
    """All tabs with one look."""
    context = browser.new_context(**options)  # type: ignore[arg-type]  # keywords by a table
    page = context.new_page()
    page.goto(instance.url)
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Log in").click()
    for tab in TABS:
        visit(page, instance, tab)
        picture(page, IMAGES / f"{tab.replace('/', '-').replace('.', '-')}-{look}.png")
        if tab == "dns/example.com":
            edit(page)
            picture(page, IMAGES / f"dns-difference-{look}.png")
            page.keyboard.press("Escape")
            page.get_by_role("button", name="Discard").click()
    context.close()


def visit(page: Page, instance: Instance, tab: str) -> None:
    """A tab, with its data."""
    page.goto(f"{instance.url}#/{tab}")
    page.locator("main h1").wait_for()
    page.wait_for_timeout(900)


def edit(page: Page) -> None:
    """A change under way, as a difference."""
    page.get_by_role("button", name="Edit www A", exact=True).click()
    page.get_by_label("Data of www A", exact=True).fill("192.0.2.11")
    page.get_by_role("button", name="Delete shop CNAME").click()
    page.get_by_role("button", name="Review and save").click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(300)


def picture(page: Page, path: Path) -> None:
    """Write a screenshot, and complain when it is large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, scale="css")
    size = path.stat().st_size
    print(f"{path.name}: {size:,} octets")
    if size > BYTES_MAX:
        raise SystemExit(f"{path} is larger than {BYTES_MAX:,} octets")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

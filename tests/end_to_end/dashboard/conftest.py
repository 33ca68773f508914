"""One browser and one instance for the tests of a module; a fresh profile for each test.

Whatever a page writes to its console as an error, raises, or tries against its policy fails the
test that had it open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.end_to_end.dashboard.served import KEY, Instance
from tests.peers.process import find_program

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with its module: while it is there, an event loop runs in this thread, and no other."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=find_program("chromium"), headless=True, args=FLAGS
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    served = Instance(tmp_path_factory.mktemp("served"))
    served.start()
    yield served
    served.stop()


@dataclass
class Windows:
    """Pages of one browser profile, and what went wrong in them."""

    context: BrowserContext
    instance: Instance
    wrong: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def open(self, path: str = "") -> Page:
        """A page at a tab."""
        page = self.context.new_page()
        page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.goto(f"{self.instance.url}{path}")
        return page

    def logged_in(self, path: str = "") -> Page:
        """A page at a tab, with a session."""
        page = self.open(path)
        if not self.context.cookies():
            self.forgiven += ("401",)
            page.get_by_label("API key").fill(KEY)
            page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("navigation", name="Tabs")).to_be_visible()
        return page

    def _note(self, text: str) -> None:
        self.wrong.append(text)

    def unforgiven(self) -> list[str]:
        return [each for each in self.wrong if not any(word in each for word in self.forgiven)]


@pytest.fixture
def windows(browser: Browser, instance: Instance) -> Iterator[Windows]:
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(VIOLATIONS)
    opened = Windows(context, instance)
    yield opened
    context.close()
    assert opened.unforgiven() == []

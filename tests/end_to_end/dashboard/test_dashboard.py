"""What an operator does with the dashboard, in a real browser."""

import pytest
from playwright.sync_api import expect
from tests.end_to_end.dashboard.conftest import Windows

pytestmark = pytest.mark.needs("chromium")


def test_a_key_opens_the_page_and_is_kept_nowhere(windows: Windows) -> None:
    page = windows.logged_in("#/dns")
    expect(page.get_by_role("heading", name="Zones")).to_be_visible()
    expect(page.locator(".connection")).to_have_text("Live")

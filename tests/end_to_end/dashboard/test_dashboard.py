"""What an operator does with the dashboard, in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from tests.end_to_end.dashboard.conftest import Windows
from tests.end_to_end.dashboard.served import KEY

pytestmark = pytest.mark.needs("chromium")


def create_zone(page: Page, name: str) -> None:
    page.get_by_role("button", name="New zone").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create zone").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def add_record(page: Page, name: str, type: str, data: str, comment: str = "") -> None:
    page.get_by_role("button", name="Add record").click()
    row = page.locator("tr.editing").first
    row.get_by_label("Name of new record").fill(name)
    row.get_by_label("Type of new record").fill(type)
    row.get_by_label("Data of new record").fill(data)
    row.get_by_label("Comment of new record").fill(comment)


def save(page: Page) -> None:
    page.get_by_role("button", name="Review and save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("list", name="Difference")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def test_a_key_opens_the_page_and_is_kept_nowhere(windows: Windows) -> None:
    page = windows.logged_in("#/dns")
    expect(page.get_by_role("heading", name="Zones")).to_be_visible()
    expect(page.locator(".connection")).to_have_text("Live")
    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert kept == '[{},{},""]'
    assert KEY not in page.url
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    windows.forgiven += ("401",)


def test_records_are_reviewed_saved_seen_elsewhere_and_taken_back(windows: Windows) -> None:
    page = windows.logged_in("#/dns")
    create_zone(page, "example.com")
    other = windows.logged_in("#/dns/example.com")
    expect(other.get_by_text("There is no record yet.")).to_be_visible()
    page.bring_to_front()

    add_record(page, "www", "A", "192.0.2.10")
    add_record(page, "@", "MX", "10 www", comment="the only one")
    page.get_by_role("button", name="Review and save").click()
    difference = page.get_by_role("dialog").get_by_role("list", name="Difference")
    expect(difference.locator(".added")).to_have_count(2)
    expect(difference).to_contain_text("www  300  A  192.0.2.10")
    expect(other.get_by_text("There is no record yet.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()

    expect(other.get_by_role("cell", name="192.0.2.10")).to_be_visible()
    expect(other.get_by_role("cell", name="the only one")).to_be_visible()

    page.get_by_role("button", name="Edit www A").click()
    page.get_by_label("Data of www A").fill("192.0.2.11")
    save(page)
    expect(other.get_by_role("cell", name="192.0.2.11")).to_be_visible()

    page.get_by_role("status").filter(has_text="One record").get_by_role(
        "button", name="Undo"
    ).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".added")).to_contain_text("192.0.2.10")
    dialog.get_by_role("button", name="Undo").click()
    expect(other.get_by_role("cell", name="192.0.2.10")).to_be_visible()
    other.get_by_role("link", name="History").click()
    expect(other.locator(".timeline")).to_contain_text("api_key over dashboard from 127.0.0.1")


def test_what_is_typed_is_checked(windows: Windows) -> None:
    windows.forgiven += ("422", "409")
    page = windows.logged_in("#/dns")
    page.get_by_role("button", name="New zone").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("a..b")
    expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Name").fill("checked.example")
    expect(dialog.get_by_label("Name")).not_to_have_attribute("aria-invalid", "true")
    dialog.get_by_role("button", name="Create zone").click()
    add_record(page, "www", "A", "192.0.2.300")
    data = page.get_by_label("Data of new record")
    expect(data).to_have_attribute("aria-invalid", "true")
    expect(page.locator("tr.editing .problem")).not_to_be_empty()
    data.fill("192.0.2.30")
    expect(data).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("tr.editing .problem")).to_be_empty()

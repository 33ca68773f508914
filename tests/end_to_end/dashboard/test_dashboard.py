"""What an operator does with the dashboard, in a real browser."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect
from tests.end_to_end.dashboard.conftest import Windows
from tests.end_to_end.dashboard.sample import add_leases, add_zone, call
from tests.end_to_end.dashboard.served import KEY, Instance

pytestmark = pytest.mark.needs("chromium")

STOPPING = ("ERR_", "Failed to fetch", "network error", "503")
"""What a browser says of a server that goes down and comes back."""
AXE = files("axe_playwright_python") / "axe.min.js"


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
    answers = page.get_by_role("dialog").get_by_role("list", name="answers")
    expect(answers).to_contain_text("www.example.com. A: NXDOMAIN -> 300 A 192.0.2.10")
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


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_names_and_texts_never_become_markup(windows: Windows, instance: Instance) -> None:
    zone = {"name": "hostile.example", "soa": {"rname": "me@hostile.example"}}
    call(instance, "POST", "/zones", zone)
    change = {"op": "create", "name": "x", "comment": HOSTILE}
    data = {"type": "TXT", "data": HOSTILE}
    changes = {"changes": [{**change, "data": data}]}
    call(instance, "POST", "/zones/hostile.example/changes", changes)
    page = windows.logged_in("#/dns/hostile.example")
    page.on("dialog", lambda dialog: windows.wrong.append(dialog.message))
    expect(page.locator("td.data").first).to_contain_text(HOSTILE)
    expect(page.locator(".comment")).to_have_text(HOSTILE)
    page.get_by_role("button", name="Edit x TXT").click()
    page.get_by_label("TTL of x TXT").fill("60")
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_role("list", name="Difference")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    for tab in ("overview", "events", "logs", "dns/hostile.example/history"):
        page.goto(f"{instance.url}#/{tab}")
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main img, main script")).to_have_count(0)
    refused = page.evaluate(
        "() => { try { document.body.innerHTML = '<p>'; } catch (error) { return error.name; } }"
    )
    assert refused == "TypeError"
    windows.forgiven += ("require-trusted-types-for", "TrustedHTML")


def test_a_restart_is_survived_and_nothing_missed(windows: Windows, instance: Instance) -> None:
    windows.forgiven += STOPPING
    call(instance, "POST", "/zones", {"name": "restart.example"})
    page = windows.logged_in("#/events")
    connection = page.locator(".connection")
    expect(connection).to_have_text("Live")
    expect(page.locator(".timeline")).to_contain_text("restart.example")
    resumed: list[str] = []

    def note(request: Request) -> None:
        if "last-event-id" in request.headers:
            resumed.append(request.headers["last-event-id"])

    page.on("request", note)
    instance.stop()
    expect(connection).to_have_text("Reconnecting…")
    instance.start()
    call(instance, "POST", "/zones", {"name": "while-away.example"})
    expect(connection).to_have_text("Live")
    expect(page.locator(".timeline")).to_contain_text("while-away.example")
    call(instance, "POST", "/zones", {"name": "afterwards.example"})
    expect(page.locator(".timeline")).to_contain_text("afterwards.example")
    assert resumed
    for zone in ("restart", "while-away", "afterwards"):
        assert page.locator(".timeline").get_by_text(f"{zone}.example", exact=False).count() == 1


def test_a_tab_that_the_server_could_not_give_comes_when_it_is_back(
    windows: Windows, instance: Instance
) -> None:
    windows.forgiven += STOPPING
    page = windows.logged_in("#/overview")
    expect(page.locator(".connection")).to_have_text("Live")

    def refuse(route: Route) -> None:
        route.fulfill(status=503, body="the server is stopping")

    page.route("**/tabs/logs/logs.js", refuse)
    page.get_by_role("link", name="Logs").click()
    expect(page.get_by_text("This tab can't be shown.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.unroute("**/tabs/logs/logs.js")
    instance.stop()
    instance.start()
    expect(page.get_by_role("list", name="Log")).to_contain_text("kernel.ready")


def test_the_keyboard_alone_will_do(windows: Windows, instance: Instance) -> None:
    call(instance, "POST", "/zones", {"name": "keys.example"})
    page = windows.logged_in("#/dns/keys.example")
    expect(page.get_by_text("There is no record yet.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Add record")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Add record":
            break
    page.keyboard.press("Enter")
    page.keyboard.type("www")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("192.0.2.7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.textContent") != "Save":
        page.get_by_role("dialog").get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="192.0.2.7")).to_be_visible()


def test_a_phone_shows_all_without_scrolling_sideways(windows: Windows, instance: Instance) -> None:
    add_zone(instance, "phone.example")
    page = windows.logged_in()
    page.set_viewport_size({"width": 360, "height": 740})
    for tab in ("overview", "dns", "dns/phone.example", "dhcp", "events", "logs", "plugins"):
        page.goto(f"{instance.url}#/{tab}")
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_load_state()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{tab} is {wide} wide"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(windows: Windows, instance: Instance, scheme: Any) -> None:
    call(instance, "POST", "/zones", {"name": f"axe-{scheme}.example"})
    if not call(instance, "GET", "/leases")["items"]:
        add_leases(instance)
    page = windows.logged_in()
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for tab in ("overview", "dns", f"dns/axe-{scheme}.example", "events", "logs", "plugins"):
        page.goto(f"{instance.url}#/{tab}")
        expect(page.locator("main h1")).to_be_visible()
        found = axe(page)
        assert found == [], f"{tab} in {scheme}"
    page.goto(f"{instance.url}#/dns/axe-{scheme}.example")
    add_record(page, "www", "A", "192.0.2.1")
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe(page) == []
    page.goto(f"{instance.url}#/dhcp")
    expect(page.get_by_text("laptop-anna").first).to_be_visible()
    expect(page.get_by_text("198.51.100.0/24").first).to_be_visible()
    assert axe(page) == [], f"dhcp in {scheme}"


def axe(page: Page) -> list[str]:
    """What axe-core complains about; injected past the page's policy, which would refuse it."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]

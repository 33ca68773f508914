"""From a key to a session, and what a session is good for."""

from pathlib import Path

import pytest
from plugins.dashboard.tests.serving import KEYED, serving

from microdns.operations import Call
from microdns.testing import FakeClock
from microdns_rest.sessions import SESSIONS, SESSIONS_MAX

pytestmark = pytest.mark.anyio

SESSION = "/dashboard/session"
LEVEL = ("/api/v1/logs/level", {"level": "info"})


async def test_without_any_key_there_is_no_login() -> None:
    async with serving() as (_, client):
        shown = (await client.get(SESSION)).json()
        assert (shown["login"], shown["name"], shown["csrf"]) == (False, "anonymous", "")
        assert (await client.put(LEVEL[0], json=LEVEL[1])).status_code == 200


async def test_a_key_becomes_a_cookie_that_scripts_and_sites_cannot_use() -> None:
    async with serving(KEYED) as (_, client):
        assert (await client.get(SESSION)).status_code == 401
        wrong = await client.post(SESSION, headers={"X-API-Key": "wrong"})
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        opened = await client.post(SESSION, headers={"X-API-Key": "k"})
        assert opened.status_code == 201
        cookie = opened.headers["set-cookie"]
        assert "; HttpOnly; SameSite=Strict" in cookie
        assert "Max-Age=43200" in cookie
        assert '"k"' not in opened.text
        shown = (await client.get(SESSION)).json()
        assert shown["csrf"] == opened.json()["csrf"]
        assert shown["operations"]["plugin.list"] == "GET /plugins"
        assert (await client.get("/api/v1/plugins")).status_code == 200


async def test_a_write_needs_more_than_the_cookie() -> None:
    async with serving(KEYED) as (_, client):
        csrf = (await client.post(SESSION, headers={"X-API-Key": "k"})).json()["csrf"]
        path, body = LEVEL
        assert (await client.put(path, json=body)).status_code == 403
        wrong = {"X-CSRF-Token": csrf[:-1] + ("0" if csrf[-1] != "0" else "1")}
        assert (await client.put(path, json=body, headers=wrong)).status_code == 403
        right = {"X-CSRF-Token": csrf}
        assert (await client.put(path, json=body, headers=right)).status_code == 200
        assert (await client.delete(SESSION)).status_code == 403


async def test_logging_out_ends_the_session_everywhere() -> None:
    async with serving(KEYED) as (kernel, client):
        csrf = (await client.post(SESSION, headers={"X-API-Key": "k"})).json()["csrf"]
        kept = dict(client.cookies)
        done = await client.delete(SESSION, headers={"X-CSRF-Token": csrf})
        assert "Max-Age=0" in done.headers["set-cookie"]
        client.cookies.update(kept)
        assert (await client.get(SESSION)).status_code == 401
        assert not list(kernel.store.scan(SESSIONS))


async def test_a_session_survives_a_restart_and_no_change_of_the_key(tmp_path: Path) -> None:
    async with serving(KEYED, folder=tmp_path) as (_, client):
        await client.post(SESSION, headers={"X-API-Key": "k"})
        ((_, token),) = client.cookies.items()
    for rest, status in ((KEYED, 200), ('api_key = "another"', 401)):
        async with serving(rest, folder=tmp_path) as (_, client):
            client.cookies.set(f"microdns_{client.base_url.port}", token)
            assert (await client.get(SESSION)).status_code == status


async def test_a_session_ends_with_its_named_key() -> None:
    async with serving() as (kernel, client):
        wanted = {"name": "eve", "scopes": ["status:read"]}
        made = await kernel.operations.call("key.create", wanted, Call())
        await kernel.operations.call("key.create", {"name": "other", "scopes": ["*"]}, Call())
        await client.post(SESSION, headers={"X-API-Key": made.key})
        shown = (await client.get(SESSION)).json()
        assert shown["name"] == "eve"
        assert [tab["id"] for tab in shown["tabs"]] == ["overview", "plugins"]
        assert "log.list" not in shown["operations"]
        assert (await client.get("/api/v1/logs")).status_code == 403
        await kernel.operations.call("key.delete", {"name": "eve"}, Call())
        assert (await client.get(SESSION)).status_code == 401


async def test_a_session_ends_with_its_time(fake_clock: FakeClock) -> None:
    async with serving(KEYED, clock=fake_clock) as (_, client):
        await client.post(SESSION, headers={"X-API-Key": "k"})
        fake_clock.jump_wall(11.9 * 3600)
        assert (await client.get(SESSION)).status_code == 200
        fake_clock.jump_wall(3600)
        assert (await client.get(SESSION)).status_code == 401


async def test_the_store_holds_neither_key_nor_token() -> None:
    async with serving(KEYED) as (kernel, client):
        await client.post(SESSION, headers={"X-API-Key": "k"})
        ((_, token),) = client.cookies.items()
        (session,) = kernel.store.scan(SESSIONS)
        assert token.encode() not in session.digest + session.proof


async def test_sessions_are_bounded() -> None:
    async with serving(KEYED) as (kernel, client):
        sessions = [await client.post(SESSION, headers={"X-API-Key": "k"}) for _ in range(2)]
        assert all(each.status_code == 201 for each in sessions)
        (first, _) = kernel.store.scan(SESSIONS)
        async with kernel.store.transaction() as tx:
            for number in range(SESSIONS_MAX):
                tx.put(SESSIONS, type(first)(number.to_bytes(32), "", b"", first.expires_ns - 1))
        await client.post(SESSION, headers={"X-API-Key": "k"})
        assert len(list(kernel.store.scan(SESSIONS))) == SESSIONS_MAX


async def test_damaged_cookies_are_no_session() -> None:
    async with serving(KEYED) as (_, client):
        name = f"microdns_{client.base_url.port}"
        for cookie in (f"{name}=x", f"{name}=", f'{name}="', "\xff=\xfe", "a" * 5000):
            answer = await client.get(SESSION, headers={b"Cookie": cookie.encode("latin-1")})
            assert answer.status_code == 401

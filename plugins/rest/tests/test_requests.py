"""Requests and their answers: input, errors, dry runs, conditions, keys."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from plugins.rest.tests.notes import NotesPlugin
from plugins.rest.tests.serving import serving

from microdns.operations import Call
from microdns.testing import FakeClock
from microdns_rest.origins import is_local

pytestmark = pytest.mark.anyio


async def test_query_parameters_become_the_input() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.get("/notes?tag=a&tag=b&limit=7&loud=true")
    assert answer.json() == {"tag": ["a", "b"], "limit": 7, "loud": True}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("loud=perhaps", "loud"),
        ("offset=1", "offset"),
        ("dry_run=true", "dry_run"),
    ],
)
async def test_a_wrong_query_parameter_is_named(query: str, field: str) -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.get(f"/notes?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (400, "malformed")
    assert [each["path"] for each in problem["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": 1}', 400),
        (b'{"name": "a", "colour": "red"}', 400),
        (b'{"name": "a"', 400),
        (b"[]", 400),
        (b"", 400),
        (b"[" * 100_000, 400),
        (b'{"name": "a"}', 201),
    ],
)
async def test_a_body_is_the_input_in_json_and_nothing_else(body: bytes, status: int) -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        headers = {"Content-Type": "application/json"}
        answer = await served.client.post("/notes", content=body, headers=headers)
    assert answer.status_code == status


async def test_a_field_is_in_the_path_or_in_the_body_and_not_in_both() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.put("/notes/a", json={"name": "b", "text": "x"})
        assert answer.status_code == 400
        answer = await served.client.put("/notes/a", json={"text": "x"})
    assert answer.json()["name"] == "a"


async def test_a_read_may_be_of_the_past() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        first = (await served.client.put("/notes/a", json={"text": "1"})).json()["version"]
        second = (await served.client.put("/notes/a", json={"text": "2"})).json()["version"]
        for as_of, text in ((first, "1"), (second, "2"), ("2020-01-01T00:00:00Z", None)):
            answer = await served.client.get("/notes/a", params={"as_of": as_of})
            assert answer.json().get("text") == text
            assert "etag" not in answer.headers
        refused = {
            "soon": 400,
            "2026-02-31T00:00:00Z": 422,
            str(second + 1): 404,
            "2999-01-01T00:00:00Z": 404,
        }
        for as_of, status in refused.items():
            answer = await served.client.get("/notes/a", params={"as_of": as_of})
            assert answer.status_code == status
        twice = await served.client.get("/notes/a?as_of=1&as_of=2")
        assert [each["path"] for each in twice.json()["errors"]] == ["as_of"]
        other = await served.client.get("/notes?as_of=1")
        assert (other.status_code, other.json()["errors"][0]["path"]) == (400, "as_of")


async def test_beyond_the_journal_is_gone_and_too_far_too_large() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        for text in "123":
            await served.client.put("/notes/a", json={"text": text})
        store = served.kernel.store
        store.options = replace(store.options, past_entries_max=1)
        far = await served.client.get("/notes/a?as_of=1")
        assert (far.status_code, far.json()["code"]) == (413, "too-large")
        store.journal.oldest = 3
        gone = await served.client.get("/notes/a?as_of=1")
        assert (gone.status_code, gone.json()["code"]) == (410, "cursor-too-old")


async def test_a_body_of_another_type_is_refused() -> None:
    """So that no form of a foreign page can write."""
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.post("/notes", content=b'{"name": "a"}')
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


async def test_pages_of_other_origins_may_not_write() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        origin = {"Origin": "http://evil.example"}
        answer = await served.client.post("/notes", json={"name": "a"}, headers=origin)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        own = {"Origin": "http://{}:{}".format(*served.address)}
        answer = await served.client.post("/notes", json={"name": "a"}, headers=own)
        assert answer.status_code == 201


async def test_without_a_key_a_name_of_the_internet_is_no_origin_of_ours() -> None:
    """DNS rebinding: a stranger's page whose name was made to lead here."""
    for config, status in (("", 403), ('api_key = "k"', 201)):
        async with serving(config, [NotesPlugin()]) as served:
            headers = {
                "Host": "evil.example:8080",
                "Origin": "http://evil.example:8080",
                "X-API-Key": "k",
            }
            answer = await served.client.post("/notes", json={"name": "a"}, headers=headers)
            assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("host", "local"),
    [("192.0.2.1", True), ("192.0.2.1:8080", True), ("[2001:db8::1]:80", True), ("[::1]", True),
     ("localhost:8080", True), ("ns1", True), ("NS1.Home.Arpa.:80", True), ("a.lan", True),
     ("evil.example", False), ("127.0.0.1.evil.example:80", False), ("lan.evil.example", False)],
)  # fmt: skip
def test_names_that_only_this_network_has(host: str, local: bool) -> None:
    assert is_local(host) is local


async def test_cors_is_for_the_origins_named() -> None:
    async with serving('cors_origins = ["http://friend.example"]', [NotesPlugin()]) as served:
        origin = {"Origin": "http://friend.example"}
        answer = await served.client.post("/notes", json={"name": "a"}, headers=origin)
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == "http://friend.example"


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_beyond_the_limit_is_413(chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 1024

    async with serving('body_bytes_max = "16KiB"', [NotesPlugin()]) as served:
        content = pieces() if chunked else b"x" * 40 * 1024
        headers = {"Content-Type": "application/json"}
        answer = await served.client.post("/notes", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
        assert served.notes.calls == 0


async def test_a_defect_shows_an_id_and_no_detail(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.post("/notes/a/crash")
    assert answer.status_code == 500
    detail = answer.json()["detail"]
    assert "secret" not in answer.text
    identifier = detail.partition("(id ")[2].rstrip(")")
    assert len(identifier) == 8
    assert any(identifier in record.getMessage() for record in caplog.records)


async def test_a_dry_run_tells_what_would_change_and_stores_nothing() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.post("/notes?dry_run=true", json={"name": "a", "text": "x"})
        assert answer.status_code == 200
        told = answer.json()
        assert told["dry_run"] is True
        assert told["result"]["name"] == "a"
        (rumour,) = told["consequences"]
        assert (rumour["name"], rumour["items"], rumour["total"]) == ("rumours", ["a"], 1)
        (change,) = told["changes"]
        assert change["type"] == "note.put"
        assert change["event"]["text"] == "x"
        assert (await served.client.get("/notes/a")).status_code == 404
        assert served.kernel.store.sequence == 0


async def test_if_match_writes_only_what_has_not_changed() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        await served.client.post("/notes", json={"name": "a"})
        tag = (await served.client.get("/notes/a")).headers["etag"]
        held = {"If-Match": tag}
        assert (await served.client.put("/notes/a", json={}, headers=held)).status_code == 200
        late = await served.client.put("/notes/a", json={}, headers=held)
        assert (late.status_code, late.json()["code"]) == (412, "outdated")
        bad = await served.client.put("/notes/a", json={}, headers={"If-Match": '"x"'})
        assert bad.status_code == 400


async def test_if_none_match_saves_what_the_client_has() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        tag = (await served.client.post("/notes", json={"name": "a"})).headers["etag"]
        answer = await served.client.get("/notes/a", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_an_idempotency_key_makes_a_write_happen_once() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        head = {"Idempotency-Key": "k1"}
        answers = await asyncio.gather(
            *(served.client.post("/notes", json={"name": "a"}, headers=head) for _ in range(5))
        )
        assert {answer.text for answer in answers} == {answers[0].text}
        assert served.notes.calls == 1
        other = await served.client.post("/notes", json={"name": "b"}, headers=head)
        assert other.status_code == 422
        again = {"Idempotency-Key": "k2"}
        await served.client.post("/notes", json={"name": "a"}, headers=again)
        assert served.notes.calls == 2


async def test_large_answers_are_compressed() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        await served.client.post("/notes", json={"name": "a", "text": "x" * 50_000})
        head = {"Accept-Encoding": "gzip"}
        async with served.client.stream("GET", "/notes/a", headers=head) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < 1000
    assert b"xxxx" in gzip.decompress(raw)


async def test_head_is_answered_as_get_without_a_body() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        answer = await served.client.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_every_request_needs_a_key_but_for_health() -> None:
    async with serving('api_key = "secret"', [NotesPlugin()]) as served:
        assert (await served.client.get("/health")).status_code == 200
        for path in ("/notes", "/status", "/openapi.json", "/docs", "/watch", "/nowhere"):
            answer = await served.client.get(path)
            assert answer.status_code == 401, path
            assert "www-authenticate" in answer.headers
        for head in ({"X-API-Key": "secret"}, {"Authorization": "Bearer secret"}):
            assert (await served.client.get("/notes", headers=head)).status_code == 200
        assert (await served.client.get("/docs", auth=("any", "secret"))).status_code == 200
        assert (await served.client.get("/notes", auth=("any", "secret"))).status_code == 401


async def test_named_keys_have_scopes() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        key = await served.kernel.operations.call(
            "key.create", {"name": "reader", "scopes": ["notes:read"]}, Call()
        )
        served.client.headers["X-API-Key"] = key.key
        assert (await served.client.get("/notes")).status_code == 200
        assert (await served.client.post("/notes", json={"name": "a"})).status_code == 403
        limited = await served.kernel.operations.call(
            "key.create", {"name": "l", "scopes": ["*"], "limits": {"zone": ["x"]}}, Call()
        )
        served.client.headers["X-API-Key"] = limited.key
        assert (await served.client.get("/notes")).status_code == 403


async def test_guessing_keys_is_slowed_down() -> None:
    async with serving('api_key = "secret"') as served:
        codes = [
            (await served.client.get("/status", headers={"X-API-Key": f"no{number}"})).status_code
            for number in range(12)
        ]
    assert codes == [401] * 10 + [429] * 2


async def test_a_client_that_asks_too_often_waits(fake_clock: FakeClock) -> None:
    async with serving("client_requests_per_second = 5", clock=fake_clock) as served:
        codes = [(await served.client.get("/health")).status_code for _ in range(8)]
        await fake_clock.advance(1)
        codes.append((await served.client.get("/health")).status_code)
    assert codes == [200] * 5 + [429] * 3 + [200]


async def test_documents_are_served_without_anything_from_elsewhere() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        page = await served.client.get("/docs")
        assert "<script" not in page.text
        assert "//" not in page.text.replace("<!doctype html>", "")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        style = await served.client.get("/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_an_example_of_a_strangers_operation_is_in_the_documents() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        document = (await served.client.get("/openapi.json")).json()
        page = await served.client.get("/docs")
    put = document["paths"]["/notes/{name}"]["put"]
    assert put["parameters"][0]["example"] == "a b"
    assert put["requestBody"]["content"]["application/json"]["example"] == {"text": "rack 4"}
    shown = {"name": "a b", "text": "rack 4", "version": 7}
    assert put["responses"]["200"]["content"]["application/json"]["example"] == shown
    follow = document["paths"]["/watch"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert follow["example"].startswith("id: ")
    assert "PUT /api/v1/notes/a%20b\n" in page.text
    assert "GET /api/v1/journal?type=key.%2A&amp;limit=1&amp;newest=true" in page.text


async def test_options_tells_the_verbs_of_a_path_to_those_who_may_ask() -> None:
    async with serving('api_key = "k"', [NotesPlugin()]) as served:
        assert (await served.client.options("/notes/a")).status_code == 401
        served.client.headers["X-API-Key"] = "k"
        answer = await served.client.options("/notes/a")
        assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PUT")
        literal = await served.client.options("/notes/file")
        assert literal.headers["allow"] == "OPTIONS, POST"
        assert (await served.client.options("/nowhere")).status_code == 404
        refused = await served.client.delete("/notes/a")
        assert refused.status_code == 405
        assert {"GET", "PUT"} <= set(refused.headers["allow"].split(", "))

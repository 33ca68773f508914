"""A key with limits can't read, list, search, watch or explain its way past them, over REST.

What lies outside is answered as what does not exist: same status, same words.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from websockets.asyncio.client import connect

from microdns.cli.main import run_line
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import FakeClock, LoopbackNetwork, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin
from microdns_rest.plugin import RestPlugin

pytestmark = pytest.mark.anyio

SECRET = "hidden"
"""In the name of all that the key may not know of."""
NOWHERE = "01a20547-0000-7000-8000-000000000000"
OUTSIDE, INSIDE = f"{SECRET}.example", "open.example"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Site:
    """A server with a zone inside and one outside of what the client's key may see."""

    def __init__(self, kernel: Kernel, client: httpx.AsyncClient, key: str) -> None:
        self.kernel = kernel
        self.client = client
        self.key = key
        self.ids: dict[str, str] = {}

    async def do(self, operation: str, **wanted: Any) -> Any:
        return await self.kernel.operations.call(operation, wanted, Call())

    async def fill(self) -> None:
        for zone in (OUTSIDE, INSIDE):
            self.ids[zone] = (await self.do("zone.create", name=zone)).id
            await self.add(zone, "www")

    async def add(self, zone: str, name: str) -> None:
        data = {"type": "TXT", "data": f"{name} of {zone}"}
        record = await self.do("record.create", zone_id=zone, name=name, data=data)
        self.ids[f"{name}.{zone}"] = record.id


@asynccontextmanager
async def site(limits: dict[str, list[str]]) -> AsyncIterator[Site]:
    network = LoopbackNetwork()
    plugins = [RestPlugin(), DnsPlugin(), AuthPlugin()]
    config = '[dns.auth]\nenabled = true\nlisten = "127.0.0.1:0"\n'
    async with run_kernel(plugins, config, network=network, clock=FakeClock()) as kernel:
        made = await kernel.operations.call(
            "key.create", {"name": "limited", "scopes": ["*"], "limits": limits}, Call()
        )
        host, port = network.bound[("0.0.0.0", 8080)]
        async with httpx.AsyncClient(
            base_url=f"http://{host}:{port}/api/v1", headers={"X-API-Key": made.key}, timeout=60
        ) as client:
            built = Site(kernel, client, made.key)
            await built.fill()
            yield built


LIMITS = [{"zone": [INSIDE]}, {"zone": ["o*.example"], "type": ["TXT"]}]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
async def test_what_is_outside_is_answered_as_what_does_not_exist(
    limits: dict[str, list[str]],
) -> None:
    async with site(limits) as served:
        zone, record = served.ids[OUTSIDE], served.ids[f"www.{OUTSIDE}"]
        body = {"name": "x", "data": {"type": "TXT", "data": "x"}}
        for verb, path, sent in [
            ("GET", "/zones/{zone}", None),
            ("DELETE", "/zones/{zone}", None),
            ("PATCH", "/zones/{zone}", {"default_ttl": 1}),
            ("GET", "/zones/{zone}/export", None),
            ("GET", "/zones/{zone}/history", None),
            ("GET", "/zones/{zone}/records", None),
            ("POST", "/zones/{zone}/records", body),
            ("POST", "/zones/{zone}/records?dry_run=true", body),
            ("GET", "/zones/{zone}/records/{record}", None),
            ("GET", "/zones/{zone}/records/{record}/history", None),
            ("PUT", "/zones/{zone}/records/{record}", body),
            ("DELETE", "/zones/{zone}/records/{record}", None),
            ("POST", "/zones/{zone}/changes", {"changes": [{"op": "create", **body}]}),
            ("GET", "/zones/{zone}?as_of=4", None),
            ("GET", "/zones/{zone}/export?as_of=4", None),
            ("GET", "/zones/{zone}/records?as_of=4", None),
            ("GET", "/zones/{zone}/records/{record}?as_of=4", None),
            ("DELETE", "/zones/{zone}?dry_run=true", None),
            ("PATCH", "/zones/{zone}?dry_run=true", {"default_ttl": 1}),
            ("PUT", "/zones/{zone}/records/{record}?dry_run=true", body),
            ("POST", "/zones/{zone}/changes?dry_run=true", {"changes": [{"op": "create", **body}]}),
        ]:
            answers = []
            for ids in ({"zone": zone, "record": record}, {"zone": NOWHERE, "record": NOWHERE}):
                answer = await served.client.request(verb, path.format(**ids), json=sent)
                text = answer.text.replace(ids["zone"], "ID").replace(ids["record"], "ID")
                answers.append((answer.status_code, text))
            assert answers[0] == answers[1], (verb, path)
            assert answers[0][0] in (403, 404)
        assert (await served.do("record.list", zone_id=OUTSIDE)).total == 1


@pytest.mark.parametrize(
    "path",
    [
        "/zones",
        "/zones?name=*",
        "/zones?as_of=5",
        f"/zones/{INSIDE}/records?as_of=5",
        f"/zones/{INSIDE}/export?as_of=5",
        f"/zones?text={SECRET}",
        "/journal",
        "/journal?newest=true",
        f"/zones/{INSIDE}/history",
        f"/zones/{INSIDE}/records?text={SECRET}",
        "/status",
        "/logs",
        "/keys",
        "/plugins",
    ],
)
async def test_no_list_or_search_tells_of_what_is_outside(path: str) -> None:
    async with site({"zone": [INSIDE]}) as served:
        answer = await served.client.get(path)
    assert answer.status_code in (200, 403)
    assert SECRET not in answer.text
    if path == "/zones":
        page = answer.json()
        assert ([each["name"] for each in page["items"]], page["total"]) == ([INSIDE], 1)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
async def test_explain_tells_nothing_of_what_is_outside(limits: dict[str, list[str]]) -> None:
    async with site(limits) as served:
        answers = []
        for name in (f"www.{OUTSIDE}", "www.unknown.example"):
            asked = {"name": name, "type": "TXT"}
            answer = await served.client.get("/explain", params=asked)
            answers.append((answer.status_code, answer.text.replace(name, "NAME")))
        assert answers[0] == answers[1]
        asked = {"name": f"www.{INSIDE}", "type": "TXT"}
        inside = (await served.client.get("/explain", params=asked)).json()
    assert (inside["zone"], inside["rcode"]) == (INSIDE, "NOERROR")


async def test_the_past_of_a_hidden_zone_that_is_gone_is_hidden() -> None:
    async with site({"zone": [INSIDE]}) as served:
        point = served.kernel.store.sequence
        for zone in (OUTSIDE, INSIDE):
            await served.do("zone.delete", id=zone)
        past = {"as_of": point}
        listed = (await served.client.get("/zones", params=past)).json()
        assert ([each["name"] for each in listed["items"]], listed["total"]) == ([INSIDE], 1)
        assert (await served.client.get(f"/zones/{INSIDE}", params=past)).status_code == 200
        for zone in (OUTSIDE, served.ids[OUTSIDE]):
            answer = await served.client.get(f"/zones/{zone}", params=past)
            assert (answer.status_code, answer.json()["detail"]) == (404, f"no zone {zone}")


async def test_a_dry_run_foresees_nothing_of_what_is_outside() -> None:
    """A zone below a hidden one, whose names it would cover."""
    async with site({"zone": [f"sub.{OUTSIDE}"]}) as served:
        wanted = {"name": f"sub.{OUTSIDE}"}
        told = []
        for name in ("covered", "other"):
            tried = await served.client.post("/zones?dry_run=true", json=wanted)
            assert tried.status_code == 200
            told.append(tried.json()["consequences"])
            await served.add(OUTSIDE, f"{name}.sub")
        assert told[0] == told[1]
        assert told[0][0]["total"] > 0


async def test_the_command_line_tells_nothing_of_what_is_outside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with site({"zone": [INSIDE]}) as served:
        base = str(served.client.base_url).removesuffix("/api/v1/")
        remote = ("--url", base, "--key", served.key)

        async def typed(*words: str) -> tuple[int, str]:
            code = await anyio.to_thread.run_sync(run_line, (*words, *remote))
            printed = capsys.readouterr()
            return code, printed.out + printed.err

        for words in (
            ("zone", "get"),
            ("zone", "history"),
            ("zone", "export"),
            ("record", "list"),
            ("zone", "get", "--as-of", "4"),
            ("record", "list", "--as-of", "4"),
            ("zone", "delete", "--dry-run"),
        ):
            there, missing = [
                await typed(*words[:2], zone, *words[2:]) for zone in (OUTSIDE, "nowhere.example")
            ]
            assert there[0] == missing[0] == 3, (words, there)
            assert there[1].replace(OUTSIDE, "nowhere.example") == missing[1]
        for past in ((), ("--as-of", "5")):
            code, text = await typed("zone", "list", *past)
            assert (code, SECRET in text, INSIDE in text) == (0, False, True)
        add = ("record", "create", INSIDE, "new", "TXT", "x", "--dry-run")
        code, text = await typed(*add)
        assert (code, SECRET in text) == (0, False)
        assert f'new.{INSIDE}. TXT: NXDOMAIN -> 300 TXT "x"' in text


async def test_watch_shows_only_what_is_inside() -> None:
    async with site({"zone": [INSIDE]}) as served:
        await served.add(OUTSIDE, "secret")
        await served.add(INSIDE, "last")
        seen = []
        async with served.client.stream("GET", "/watch?after=0", timeout=60) as answer:
            async for line in answer.aiter_lines():
                assert SECRET not in line
                seen.append(line)
                if "last of" in line:
                    break
    assert any("zone.created" in line for line in seen)


async def test_the_websocket_shows_only_what_is_inside() -> None:
    async with site({"zone": [INSIDE]}) as served:
        base = str(served.client.base_url).replace("http", "ws", 1)
        head = {"X-API-Key": served.key}
        async with connect(
            f"{base}ws?snapshot=zone.list", additional_headers=head, open_timeout=60
        ) as socket:
            first = json.loads(await socket.recv())
            assert [zone["name"] for zone in first["result"]["items"]] == [INSIDE]
            assert json.loads(await socket.recv())["kind"] == "ready"
            await served.add(OUTSIDE, "secret")
            await served.add(INSIDE, "last")
            event = await socket.recv()
    assert "last of" in str(event)


async def test_a_snapshot_that_is_not_for_the_key_is_a_problem() -> None:
    async with site({"zone": [INSIDE]}) as served:
        base = str(served.client.base_url).replace("http", "ws", 1)
        head = {"X-API-Key": served.key}
        async with connect(
            f"{base}ws?snapshot=key.list", additional_headers=head, open_timeout=60
        ) as socket:
            told = json.loads(await socket.recv())
    assert (told["kind"], told["problem"]["status"]) == ("problem", 403)

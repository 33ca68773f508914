"""A key with limits can't read, list, search, watch or explain its way past them, over REST.

What lies outside is answered as what does not exist: same status, same words.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import LoopbackNetwork, run_kernel
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
    async with run_kernel(plugins, config, network=network) as kernel:
        made = await kernel.operations.call(
            "key.create", {"name": "limited", "scopes": ["*"], "limits": limits}, Call()
        )
        host, port = network.bound[("0.0.0.0", 8080)]
        async with httpx.AsyncClient(
            base_url=f"http://{host}:{port}/api/v1", headers={"X-API-Key": made.key}
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


async def test_watch_shows_only_what_is_inside() -> None:
    async with site({"zone": [INSIDE]}) as served:
        await served.add(OUTSIDE, "secret")
        await served.add(INSIDE, "last")
        seen = []
        async with served.client.stream("GET", "/watch?after=0", timeout=10) as answer:
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
        async with connect(f"{base}ws?snapshot=zone.list", additional_headers=head) as socket:
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
        async with connect(f"{base}ws?snapshot=key.list", additional_headers=head) as socket:
            told = json.loads(await socket.recv())
    assert (told["kind"], told["problem"]["status"]) == ("problem", 403)

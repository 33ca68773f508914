"""What lies outside of a key's limits takes the same way whether it is there or not.

Times can't be compared robustly, the way can: the functions of ours that are called, in order, for
a zone that is there but hidden, and for one of a name as long that is not there.  What does the
same in the same order can't tell by its time, but for what the processor remembers.
"""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import microdns
from microdns.errors import MicroDNSError
from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.operations.rehearsal import rehearse
from microdns.points import Point
from microdns.testing import FakeClock, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin

pytestmark = pytest.mark.anyio

HIDDEN, NOWHERE, INSIDE = "hidden.example", "nowhen.example", "inside.example"
ID = "01a20547-0000-7000-8000-000000000000"
LIMITS: list[dict[str, tuple[str, ...]]] = [
    {"zone": (INSIDE,)},
    {"zone": (INSIDE, "*.inside.example"), "type": ("TXT",)},
]
OURS = str(Path(microdns.__file__).parents[3])
DATA = {"type": "TXT", "data": "x"}
CHANGE = {"op": "create", "name": "x", "data": DATA}
AGAIN = 5


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["python", "auto"])
async def kernel(request: pytest.FixtureRequest) -> AsyncIterator[Kernel]:
    text = (
        f'[dns]\nengine = "{request.param}"\n[dns.auth]\nenabled = true\nlisten = "127.0.0.1:0"\n'
    )
    async with run_kernel([DnsPlugin(), AuthPlugin()], text, clock=FakeClock()) as running:
        for zone in (HIDDEN, INSIDE):
            await running.operations.call("zone.create", {"name": zone}, Call())
            for name in ("@", "www", "*.apps"):
                wanted = {"zone_id": zone, "name": name, "data": DATA}
                await running.operations.call("record.create", wanted, Call())
        yield running


def asked(zone: str) -> list[tuple[str, dict[str, Any]]]:
    """Everything that names a zone."""
    record = {"zone_id": zone, "record_id": ID}
    text = f"$ORIGIN {zone}.\n@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\n"
    return [
        ("zone.get", {"id": zone}),
        ("zone.history", {"id": zone}),
        ("zone.export", {"id": zone}),
        ("zone.update", {"id": zone, "default_ttl": 1}),
        ("zone.delete", {"id": zone}),
        ("zone.create", {"name": zone}),
        ("zone.import", {"text": text}),
        ("record.list", {"zone_id": zone}),
        ("record.list", {"zone_id": zone, "name": "www", "type": "TXT", "text": "x"}),
        ("record.get", record),
        ("record.history", record),
        ("record.create", {"zone_id": zone, "name": "x", "data": DATA}),
        ("record.update", {**record, "name": "x", "data": DATA}),
        ("record.patch", {**record, "ttl": 1}),
        ("record.delete", record),
        ("record.delete", {"zone_id": zone, "name": "www"}),
        ("record.changes", {"zone_id": zone, "changes": [CHANGE]}),
        ("query.explain", {"name": f"www.{zone}", "type": "TXT"}),
        ("query.explain", {"name": f"gone.{zone}", "type": "A"}),
        ("query.explain", {"name": f"x.apps.{zone}", "type": "TXT"}),
    ]


async def way(kernel: Kernel, name: str, wanted: dict[str, Any], call: Call) -> tuple[str, Any]:
    """What is said, and the functions of ours that are called until then, in order."""
    called: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(OURS) and "/src/" in file:
            called.append((file, frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        if call.dry_run:
            told = repr(await rehearse(kernel.operations, name, wanted, call))
        else:
            told = repr(await kernel.operations.call(name, wanted, call))
    except MicroDNSError as error:
        told = f"{type(error).__name__}: {error}"
    finally:
        sys.setprofile(None)
    return told, called


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("option", ["none", "dry_run", "as_of"])
async def test_the_way_is_the_same_for_hidden_and_for_missing(
    kernel: Kernel, limits: dict[str, tuple[str, ...]], option: str
) -> None:
    principal = Principal("k", limits=limits)
    compared = 0
    for (name, there), (_, missing) in zip(asked(HIDDEN), asked(NOWHERE), strict=True):
        operation = kernel.operations.get(name)
        writes = operation.scope.endswith(":write")
        if (option == "dry_run" and not writes) or (option == "as_of" and not operation.remembers):
            continue
        point = Point(sequence=kernel.store.sequence - 1) if option == "as_of" else None
        call = Call(principal, dry_run=option == "dry_run", as_of=point)
        compared += 1
        for _ in range(AGAIN):  # the first time fills caches; other tasks may come in between
            hidden = await way(kernel, name, there, call)
            nowhere = await way(kernel, name, missing, call)
            if hidden[1] == nowhere[1]:
                break
        assert hidden[0].replace(HIDDEN, NOWHERE) == nowhere[0], name
        assert hidden[1] == nowhere[1], name
        assert hidden[1]
    assert compared >= 4
    assert (await kernel.operations.call("record.list", {"zone_id": HIDDEN}, Call())).total == 3


async def test_undo_says_the_same_of_what_is_hidden_and_of_what_is_not_there(
    kernel: Kernel,
) -> None:
    principal = Principal("k", limits=LIMITS[0])
    told = set()
    entries = list(kernel.store.journal.read())
    hidden = [each.sequence for each in entries if HIDDEN in repr(each.event)]
    assert hidden
    made = {"name": "other", "scopes": ["zones:read"]}
    await kernel.operations.call("key.create", made, Call())
    for sequence in (*hidden, kernel.store.sequence, kernel.store.sequence + 5):
        told.add((await way(kernel, "change.undo", {"sequence": sequence}, Call(principal)))[0])
    assert told == {"NotFound: the journal has no such change that could be taken back"}

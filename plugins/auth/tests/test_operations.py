"""``zone.import`` and ``zone.export``, as called by interfaces and by the command line."""

import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from microdns.errors import Conflict, Denied, Invalid, NotFound
from microdns.events import Principal
from microdns.operations import Call, OperationRegistry
from microdns.store import Store
from microdns.testing.check import check_operation
from microdns_auth import operations
from microdns_auth.operations import ZoneFileOperations
from microdns_dns.events import EVENTS
from microdns_dns.model import COLLECTIONS
from microdns_dns.operations import RecordOperations, ZoneOperations
from microdns_dns.repository import ZoneRepository

pytestmark = pytest.mark.anyio
Do = Callable[..., Awaitable[Any]]

HEAD = "$ORIGIN example.test.\n$TTL 60\n@ 5 SOA ns1 admin 7 1 2 3 4\n"


@pytest.fixture
async def do(tmp_path: Path, fake_clock: Any) -> AsyncIterator[Do]:
    """Calls an operation as an interface would: JSON in, JSON out."""
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, clock=fake_clock)
    repository = ZoneRepository(store, fake_clock)
    registry = OperationRegistry()
    for each in (ZoneOperations(), RecordOperations(), ZoneFileOperations()):
        each.attach(repository)
        registry.add(type(each).__name__, each.declare())

    async def run(operation: str, as_call: Call | None = None, /, **fields: Any) -> Any:
        outcome = await registry.call(operation, fields, as_call or Call())
        return msgspec.to_builtins(outcome)

    yield run
    await store.close()


def test_they_can_be_projected() -> None:
    for operation in ZoneFileOperations().declare():
        check_operation(operation)
        assert operation.offline


async def test_an_import_creates_then_changes(do: Do) -> None:
    done = await do("zone.import", text=HEAD + "www A 192.0.2.1\nold A 192.0.2.2\n")
    assert (done["zone"], done["created"], done["added"], done["serial"]) == (
        "example.test", True, 2, 7,
    )  # fmt: skip
    done = await do("zone.import", text=HEAD + "www 9 A 192.0.2.1\nnew A 192.0.2.3\n")
    assert (done["created"], done["added"], done["changed"], done["removed"], done["serial"]) == (
        False, 1, 1, 1, 8,
    )  # fmt: skip
    assert done["diff"] == []


async def test_a_dry_run_shows_the_difference(do: Do) -> None:
    await do("zone.import", text=HEAD + "www A 192.0.2.1\n")
    text = HEAD + "www 9 A 192.0.2.1\nnew A 192.0.2.3\n"
    done = await do("zone.import", Call(dry_run=True), text=text)
    assert done["diff"] == [
        "+ new 60 IN A 192.0.2.3",
        "- www 60 IN A 192.0.2.1",
        "+ www 9 IN A 192.0.2.1",
    ]
    counts = "1 added, 1 changed, 0 removed, 0 kept; serial 8"
    told = {**done, "warnings": ["careful"]}
    assert operations._imported(told).splitlines()[3:] == [
        "note: careful",
        f"example.test imported: {counts}",
    ]
    assert operations._would_import(told).endswith(f"would import example.test: {counts}")
    new = {**told, "created": True}
    assert operations._would_import(new).endswith(f"would create example.test: {counts}")
    assert (await do("zone.get", id="example.test"))["record_count"] == 1


async def test_a_long_difference_is_cut(do: Do) -> None:
    text = HEAD + "$GENERATE 1-1001 h$ A 192.0.2.1\n"
    done = await do("zone.import", Call(dry_run=True), text=text)
    assert len(done["diff"]) == 1001
    assert done["diff"][-1] == "(and 1 more changes)"


async def test_a_mistake_leaves_everything_as_it_was(do: Do) -> None:
    await do("zone.import", text=HEAD + "www A 192.0.2.1\n")
    before = await do("zone.get", id="example.test")
    with pytest.raises(Invalid) as caught:
        await do("zone.import", text=HEAD + "www A 192.0.2.2\nx FOO\ny FOO\n", file="z.zone")
    assert [problem.path for problem in caught.value.problems] == ["z.zone:5", "z.zone:6"]
    with pytest.raises(Conflict):
        await do("zone.import", Call(if_version=99), text=HEAD)
    with pytest.raises(Invalid, match=r"a\.\.b"):
        await do("zone.import", text=HEAD, zone="a..b")
    assert await do("zone.get", id="example.test") == before


EVERYTHING = (
    HEAD
    + r"""
@ NS ns1
@ NS ns2.Example.NET.
WwW 0 A 192.0.2.1
*.dev 2147483647 AAAA 2001:db8::1
odd\.label\032\255 TXT "\"\\\000" "" "second"
long TXT """
    + " ".join([f'"{"x" * 255}"'] * 20)
    + r"""
unknown TYPE65280 \# 3 abcdef
a CNAME b
h HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.1
l LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
d DNAME x
sub NS ns.sub
ns.sub A 192.0.2.9
"""
)


async def test_an_export_imported_is_the_same_zone(do: Do) -> None:
    await do("zone.import", text=EVERYTHING)
    exported = (await do("zone.export", id="example.test"))["text"]
    again = await do("zone.import", text=exported)
    assert (again["added"], again["changed"], again["removed"], again["kept"]) == (0, 0, 0, 13)
    await do("zone.delete", id="example.test")
    await do("zone.import", text=exported)
    assert (await do("zone.export", id="example.test"))["text"] == exported
    assert "off" not in exported


async def test_disabled_records_are_not_exported_and_survive_imports(do: Do) -> None:
    await do("zone.import", text=HEAD + "www A 192.0.2.1\n")
    (record,) = (await do("record.list", zone_id="example.test"))["items"]
    await do("record.patch", zone_id="example.test", record_id=record["id"], enabled=False)
    exported = (await do("zone.export", id="example.test"))["text"]
    assert "www" not in exported
    await do("zone.import", text=exported)
    assert (await do("zone.get", id="example.test"))["record_count"] == 1


async def test_a_limited_key_imports_and_exports_only_its_own(do: Do) -> None:
    mine = Call(Principal("key", limits={"zone": ("other.test",)}))
    with pytest.raises(Denied):
        await do("zone.import", mine, text=HEAD)
    await do("zone.import", text=HEAD)
    with pytest.raises(NotFound):
        await do("zone.export", mine, id="example.test")
    await do("zone.import", mine, text=HEAD.replace("example", "other"))
    assert (await do("zone.export", mine, id="other.test"))["name"] == "other.test"


def test_the_command_reads_the_file_and_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "a.test.zone").write_text("$INCLUDE inc\n")
    (tmp_path / "inc").write_text("; included\n")
    file = str(tmp_path / "a.test.zone")
    assert operations._load(operations._ImportArguments(file, "b.test")) == operations.ZoneImport(
        "$INCLUDE inc\n", file, {"inc": "; included\n"}, "b.test"
    )


def test_the_command_reads_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = operations._ImportArguments("-")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"; text\n")))
    assert operations._load(arguments).text == "; text\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xff")))
    with pytest.raises(Invalid, match="standard input: not UTF-8"):
        operations._load(arguments)


def test_the_command_prints_the_zone_file() -> None:
    assert operations._exported({"text": "a\nb\n"}) == "a\nb"
    assert operations._export(operations._ExportArguments("z")).id == "z"

"""``zone.*`` and ``record.*``: the reference's shapes, filters, versions, limits of keys."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.errors import Conflict, Denied, Invalid, MicroDNSError, NotFound, Unavailable
from microdns.events import Principal
from microdns.operations import Call, OperationRegistry
from microdns.testing.check import check_operation
from microdns_dns.operations import RecordOperations, ZoneOperations
from microdns_dns.operations import records as record_operations
from microdns_dns.operations.forms import is_glob
from microdns_dns.repository import ZoneRepository

pytestmark = pytest.mark.anyio
Do = Callable[..., Awaitable[Any]]


@pytest.fixture
def do(repository: ZoneRepository) -> Do:
    """Calls an operation as an interface would: JSON in, JSON out."""
    registry = OperationRegistry()
    for operations in (ZoneOperations(), RecordOperations()):
        operations.attach(repository)
        registry.add("dns", operations.declare())

    async def run(operation: str, as_call: Call | None = None, /, **fields: Any) -> Any:
        outcome = await registry.call(operation, fields, as_call or Call())
        return msgspec.to_builtins(outcome)

    return run


async def make(do: Do, *rows: tuple[str, str, Any]) -> dict[str, Any]:
    zone: dict[str, Any] = await do("zone.create", name="example.com")
    for name, kind, data in rows:
        await do(
            "record.create", zone_id="example.com", name=name, data={"type": kind, "data": data}
        )
    return zone


def test_every_operation_can_be_projected() -> None:
    for operations in (ZoneOperations(), RecordOperations()):
        for operation in operations.declare():
            check_operation(operation)
            assert operation.offline


async def test_without_a_repository_they_are_unavailable() -> None:
    operations = ZoneOperations()
    with pytest.raises(Unavailable):
        _ = operations.repository


async def test_a_zone_is_created_as_the_reference_says(do: Do) -> None:
    zone = await do(
        "zone.create",
        name="Example.com.",
        default_ttl=300,
        soa={"mname": "ns1.example.com", "rname": "admin.example.com"},
    )
    assert zone["name"] == "Example.com"
    assert zone["default_ttl"] == 300
    assert zone["soa"] == {
        "mname": "ns1.example.com", "rname": "admin.example.com", "serial": 1767225600,
        "refresh": 3600, "retry": 600, "expire": 1209600, "minimum": 300, "ttl": 3600,
    }  # fmt: skip
    assert zone["created_at"] == "2026-01-01T00:00:00Z"
    assert await do("zone.get", id=zone["id"]) == zone
    assert await do("zone.get", id="example.com") == zone


async def test_a_mail_address_is_made_a_mailbox_name(do: Do) -> None:
    soa = {"rname": "first.last@example.net"}
    zone = await do("zone.create", name="bücher.example", soa=soa)
    assert zone["name"] == "xn--bcher-kva.example"
    assert zone["soa"]["rname"] == r"first\.last.example.net"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": "a b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "soa": {"mname": "a..b", "rname": "@"}}, "soa.mname"),
        ({"name": "x", "default_ttl": -1}, "default_ttl"),
        ({"name": "x", "colour": 1}, ""),
    ],
)
async def test_wrong_zones_are_refused(do: Do, given: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        await do("zone.create", **given)
    assert caught.value.problems[0].path == path


async def test_zones_are_listed_in_order_with_filters_and_pages(do: Do) -> None:
    for name in ("b.example", "a.example", "example", "x.a.example", "other"):
        await do("zone.create", name=name)
    page = await do("zone.list")
    assert [zone["name"] for zone in page["items"]] == [
        "example", "a.example", "x.a.example", "b.example", "other",
    ]  # fmt: skip
    page = await do("zone.list", name="*.EXAMPLE", offset=1, limit=1)
    assert [zone["name"] for zone in page["items"]] == ["x.a.example"]
    assert (page["total"], page["offset"], page["limit"]) == (3, 1, 1)
    assert (await do("zone.list", source="config"))["items"] == []
    assert (await do("zone.list", text="ns1.OTHER"))["total"] == 1


async def test_a_zone_is_changed_in_part(do: Do) -> None:
    zone = await do("zone.create", name="example.com")
    after = await do("zone.update", id="example.com", soa={"refresh": 7}, default_ttl=9)
    assert after["soa"] == {
        **zone["soa"], "refresh": 7, "serial": zone["soa"]["serial"] + 1,
    }  # fmt: skip
    assert after["default_ttl"] == 9
    assert after["version"] > zone["version"]
    assert await do("zone.update", id="example.com") == after
    with pytest.raises(Conflict):
        await do("zone.update", Call(if_version=zone["version"]), id="example.com", default_ttl=1)


async def test_a_zone_is_deleted_and_shown_once_more(do: Do) -> None:
    zone = await make(do, ("www", "A", "192.0.2.1"))
    gone = await do("zone.delete", id="example.com")
    assert gone["id"] == zone["id"]
    assert gone["record_count"] == 1
    with pytest.raises(NotFound):
        await do("zone.get", id=zone["id"])


@pytest.mark.parametrize(
    "data",
    [
        {"type": "A", "data": "192.168.1.10"},
        {"type": "AAAA", "data": "2001:db8::1"},
        {"type": "CNAME", "data": "target.example.com"},
        {"type": "MX", "data": {"preference": 10, "exchange": "mail.example.com"}},
        {"type": "NS", "data": "ns1.example.com"},
        {"type": "PTR", "data": "host.example.com"},
        {
            "type": "SRV",
            "data": {"priority": 10, "weight": 60, "port": 5060, "target": "sip.example.com"},
        },
        {"type": "TXT", "data": "v=spf1 include:example.com ~all"},
        {"type": "CAA", "data": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}},
    ],
)
async def test_record_data_of_the_reference(do: Do, data: dict[str, Any]) -> None:
    await do("zone.create", name="example.com")
    record = await do("record.create", zone_id="example.com", name="x", data=data)
    assert record["data"] == data
    assert (await do("record.list", zone_id="example.com"))["items"] == [record]


async def test_a_record_with_a_health_check(do: Do) -> None:
    zone = await do("zone.create", name="example.com")
    check = {
        "probe_type": "http", "interval_secs": 10, "timeout_secs": 5, "unhealthy_threshold": 3,
        "healthy_threshold": 2, "endpoint": ":8080/health",
    }  # fmt: skip
    record = await do(
        "record.create",
        zone_id=zone["id"],
        name="web",
        ttl=300,
        data={"type": "A", "data": "192.168.1.10"},
        health_check=check,
    )
    assert record["health_check"] == check
    assert await do("record.get", zone_id=zone["id"], record_id=record["id"]) == record
    plain = await do("record.patch", zone_id=zone["id"], record_id=record["id"], health_check=None)
    assert plain["health_check"] is None
    with pytest.raises(Invalid, match="must not be longer than interval_secs"):
        await do(
            "record.patch",
            zone_id=zone["id"],
            record_id=record["id"],
            health_check={"probe_type": "ping", "timeout_secs": 11},
        )


async def test_data_may_be_zone_file_text_relative_to_the_zone(do: Do) -> None:
    await do("zone.create", name="example.com", default_ttl=42)
    for text, exchange in (
        ("10 mail", "mail.example.com"),
        ("20 mx.example.net.", "mx.example.net"),
    ):
        record = await do(
            "record.create", zone_id="example.com", name="@", data={"type": "MX", "text": text}
        )
        assert record["data"]["data"]["exchange"] == exchange
        assert record["ttl"] == 42
    with pytest.raises(
        Invalid, match=re.escape("data.text: exchange 'mx.example.net' has no final")
    ):
        await do(
            "record.create",
            zone_id="example.com",
            name="@",
            data={"type": "MX", "text": "10 mx.example.net"},
        )


@pytest.mark.parametrize(
    ("name", "kept"),
    [("www", "www"), ("@", "@"), ("www.example.com.", "www"), ("example.com.", "@"), ("*", "*"),
     ("*.dev", "*.dev"), ("WwW", "WwW"), ("_sip._tcp", "_sip._tcp"), ("bücher", "xn--bcher-kva"),
     ("com", "com"), ("a.com", "a.com")],
)  # fmt: skip
async def test_names_that_records_may_have(do: Do, name: str, kept: str) -> None:
    await do("zone.create", name="example.com")
    data = {"type": "A", "data": "192.0.2.1"}
    record = await do("record.create", zone_id="example.com", name=name, data=data)
    assert record["name"] == kept


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("www.example.com", "write www, or www.example.com. with a final dot"),
        ("example.com", "write @, or example.com. with a final dot"),
        ("www.example.net.", "is outside of the zone example.com"),
        (r"a\.b", "zone files only"),
        ("a b", "' ' in it"),
        ("x" * 64, "63 is the most"),
    ],
)
async def test_names_that_records_may_not_have(do: Do, name: str, reason: str) -> None:
    await do("zone.create", name="example.com")
    data = {"type": "A", "data": "192.0.2.1"}
    with pytest.raises(Invalid, match=re.escape(reason)):
        await do("record.create", zone_id="example.com", name=name, data=data)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"type": "A"}, "data"),
        ({"type": "A", "data": "192.0.2.1", "text": "192.0.2.1"}, "data"),
        ({"type": "A", "data": "x"}, "data.data"),
        ({"type": "MX", "data": {"preference": 1}}, "data.data.exchange"),
        ({"type": "A", "text": "x"}, "data.text"),
        ({"type": "FOO", "text": "x"}, "data.type"),
        ({"type": "SOA", "text": "a. b. 1 2 3 4 5"}, "data.type"),
        ({"type": "NS", "data": "192.0.2.1"}, "data.data"),
    ],
)
async def test_wrong_data_name_their_field(do: Do, data: dict[str, Any], path: str) -> None:
    await do("zone.create", name="example.com")
    with pytest.raises(Invalid) as caught:
        await do("record.create", zone_id="example.com", name="x", data=data)
    assert caught.value.problems[0].path == path


async def test_put_replaces_all_and_patch_only_what_is_given(do: Do) -> None:
    await do("zone.create", name="example.com", default_ttl=42)
    data = {"type": "A", "data": "192.0.2.1"}
    record = await do(
        "record.create", zone_id="example.com", name="x", data=data, ttl=7, comment="note"
    )
    key = {"zone_id": "example.com", "record_id": record["id"]}
    patched = await do("record.patch", **key, enabled=False)
    assert (patched["ttl"], patched["comment"], patched["enabled"]) == (7, "note", False)
    put = await do("record.update", **key, name="y", data={"type": "TXT", "data": "t"})
    assert (put["id"], put["name"], put["ttl"], put["comment"], put["enabled"]) == (
        record["id"], "y", 42, "", True,
    )  # fmt: skip
    assert (put["version"], put["created_at"]) == (patched["version"] + 1, record["created_at"])
    assert await do("record.patch", **key) == put
    with pytest.raises(Conflict, match="changed since"):
        await do("record.patch", Call(if_version=record["version"]), **key, ttl=1)
    assert (await do("record.patch", Call(if_version=put["version"]), **key, ttl=1))["ttl"] == 1


async def test_odd_names_from_zone_files_can_be_changed_in_everything_else(
    do: Do, repository: ZoneRepository
) -> None:
    await do("zone.create", name="example.com")
    from microdns_dns.repository import Add, Draft

    outcome = await repository.change(
        Call(), "example.com", [Add(Draft(r"my\032printer", 1, b"\xc0\0\2\1"))]
    )
    key = {"zone_id": "example.com", "record_id": outcome.added[0].id}
    data = {"type": "A", "data": "192.0.2.2"}
    put = await do("record.update", **key, name=r"my\032printer", data=data)
    assert put["data"] == data


async def test_records_are_listed_with_filters_and_pages(do: Do) -> None:
    await make(
        do,
        ("www", "A", "192.0.2.1"),
        ("www", "TXT", "hello world"),
        ("a.dev", "A", "192.0.2.2"),
        ("b.dev", "A", "192.0.2.3"),
        ("@", "NS", "ns1.example.com"),
    )

    async def names(**query: Any) -> list[str]:
        page = await do("record.list", zone_id="example.com", **query)
        assert page["total"] >= len(page["items"])
        return [f"{one['name']} {one['data']['type']}" for one in page["items"]]

    assert await names() == ["@ NS", "a.dev A", "b.dev A", "www A", "www TXT"]
    assert await names(name="*.dev") == ["a.dev A", "b.dev A"]
    assert await names(name="WWW") == ["www A", "www TXT"]
    assert await names(name="www.example.com.") == []
    assert await names(type="a", offset=1, limit=1) == ["b.dev A"]
    assert await names(text="HELLO") == ["www TXT"]
    assert await names(text="192.0.2.3") == ["b.dev A"]
    assert await names(source="dhcp") == []
    assert (await do("record.list", zone_id="example.com", limit=2))["total"] == 5
    assert (await do("record.list", zone_id="example.com", type="A", limit=1))["total"] == 3
    with pytest.raises(Invalid):
        await names(type="FOO")
    with pytest.raises(Invalid):
        await names(limit=1001)


async def test_records_are_deleted_by_id_or_by_what_they_are(do: Do) -> None:
    await make(
        do,
        ("www", "A", "192.0.2.1"),
        ("www", "A", "192.0.2.2"),
        ("www", "TXT", "x y"),
        ("a", "A", "192.0.2.1"),
    )
    zone = {"zone_id": "example.com"}
    (only,) = (await do("record.list", **zone, name="a"))["items"]
    gone = await do("record.delete", **zone, record_id=only["id"])
    assert [one["id"] for one in gone["items"]] == [only["id"]]
    await do("record.delete", **zone, name="www", type="A", text="192.0.2.2")
    await do("record.delete", **zone, name="www", type="TXT", text="x y")
    rest = (await do("record.list", **zone))["items"]
    assert [one["text"] for one in rest] == ["192.0.2.1"]
    for fields, error in (
        ({}, Invalid),
        ({"record_id": only["id"], "name": "www"}, Invalid),
        ({"record_id": only["id"]}, NotFound),
        ({"record_id": "x"}, NotFound),
        ({"name": "nothing"}, NotFound),
        ({"name": "www", "text": "192.0.2.1"}, Invalid),
        ({"name": "www", "type": "FOO"}, Invalid),
        ({"name": "www", "type": "A", "text": "x"}, Invalid),
    ):
        with pytest.raises(error):
            await do("record.delete", **zone, **fields)
    with pytest.raises(Conflict):
        await do("record.delete", Call(if_version=1), **zone, record_id=rest[0]["id"])
    await do("record.delete", Call(if_version=rest[0]["version"]), **zone, record_id=rest[0]["id"])
    assert (await do("zone.get", id="example.com"))["record_count"] == 0


async def test_bulk_changes_happen_together(do: Do) -> None:
    zone = await make(do, ("old", "A", "192.0.2.1"), ("keep", "A", "192.0.2.1"))
    (keep,) = (await do("record.list", zone_id="example.com", name="keep"))["items"]
    changes: list[dict[str, Any]] = [
        {"op": "delete", "name": "old"},
        {"op": "update", "id": keep["id"], "ttl": 5},
        {"op": "create", "name": "new", "data": {"type": "A", "data": "192.0.2.9"}},
    ]
    done = await do("record.changes", zone_id="example.com", changes=changes)
    assert [one["name"] for one in done["created"]] == ["new"]
    assert [one["ttl"] for one in done["updated"]] == [5]
    assert [one["name"] for one in done["deleted"]] == ["old"]
    assert done["serial"] == zone["soa"]["serial"] + 3
    for bad, reason in (
        ({"op": "create", "name": "x", "data": {"type": "A", "data": "x"}}, "changes[1].data.data"),
        ({"op": "delete", "name": "nothing"}, "changes[1]: nothing in"),
        ({"op": "update", "id": keep["id"], "version": 1, "ttl": 9}, "changes[1]: changed since"),
        ({"op": "what"}, "Invalid value 'what'"),
    ):
        good = {"op": "delete", "name": "new"}
        with pytest.raises(MicroDNSError, match=re.escape(reason)):
            await do("record.changes", zone_id="example.com", changes=[good, bad])
    assert (await do("zone.get", id="example.com"))["record_count"] == 2


async def test_dry_runs_answer_as_if_and_store_nothing(do: Do) -> None:
    zone = await make(do)
    dry = Call(dry_run=True)
    data = {"type": "A", "data": "192.0.2.1"}
    record = await do("record.create", dry, zone_id="example.com", name="x", data=data)
    assert record["data"] == data
    assert await do("zone.get", id="example.com") == zone


LIMITED = Principal(
    "key", limits={"zone": ("example.com",), "name": ("*.dev.example.com",), "type": ("A", "TXT")}
)


async def test_a_limited_key_sees_and_changes_only_its_own(do: Do) -> None:
    await make(do, ("a.dev", "A", "192.0.2.1"), ("b.dev", "MX", {"preference": 1, "exchange": "m"}),
               ("www", "A", "192.0.2.1"))  # fmt: skip
    await do("zone.create", name="other.com")
    mine = Call(LIMITED)
    page = await do("record.list", mine, zone_id="example.com")
    assert ([one["name"] for one in page["items"]], page["total"]) == (["a.dev"], 1)
    others = (await do("record.list", zone_id="example.com"))["items"]
    data = {"type": "A", "data": "192.0.2.7"}
    for record in others:
        key = {"zone_id": "example.com", "record_id": record["id"]}
        if record["name"] == "a.dev":
            await do("record.get", mine, **key)
            with pytest.raises(Denied, match="the key key is not for this"):
                await do("record.patch", mine, **key, name="www2")
            with pytest.raises(Denied):
                await do("record.patch", mine, **key, data={"type": "AAAA", "data": "::1"})
            continue
        for operation, more in (
            ("record.get", {}), ("record.patch", {"ttl": 1}), ("record.delete", {}),
            ("record.update", {"name": "x.dev", "data": data}),
        ):  # fmt: skip
            with pytest.raises(NotFound, match="has no record"):
                await do(operation, mine, **key, **more)
    await do("record.create", mine, zone_id="example.com", name="c.dev", data=data)
    with pytest.raises(Denied):
        await do("record.create", mine, zone_id="example.com", name="c", data=data)
    with pytest.raises(NotFound):
        await do("record.delete", mine, zone_id="example.com", name="www")
    with pytest.raises(NotFound, match=re.escape("no zone other.com")):
        await do("record.list", mine, zone_id="other.com")
    with pytest.raises(Denied):
        await do("zone.list", mine)
    zones_only = Call(Principal("key", limits={"zone": ("example.*",)}))
    assert (await do("zone.list", zones_only))["total"] == 1
    with pytest.raises(NotFound):
        await do("zone.delete", zones_only, id="other.com")
    with pytest.raises(Denied):
        await do("zone.create", zones_only, name="third.com")


def test_the_command_line_takes_data_as_the_shell_leaves_them() -> None:
    def data(kind: str, *words: str) -> dict[str, Any]:
        arguments = record_operations._CreateArguments("z", "n", kind, list(words))
        made: dict[str, Any] = msgspec.to_builtins(record_operations._create_input(arguments).data)
        return made

    assert data("A", "192.0.2.1") == {"type": "A", "text": "192.0.2.1"}
    assert data("MX", "10", "mail") == {"type": "MX", "text": "10 mail"}
    assert data("TXT", "v=spf1 -all") == {"type": "TXT", "data": "v=spf1 -all"}
    assert data("txt", "a", "b") == {"type": "txt", "data": ["a", "b"]}
    assert data("TXT", '"a b" c') == {"type": "TXT", "text": '"a b" c'}


def test_the_command_line_deletes_by_id_or_by_name() -> None:
    def delete(*what: str) -> dict[str, Any]:
        arguments = record_operations._DeleteArguments("z", list(what))
        made: dict[str, Any] = msgspec.to_builtins(record_operations._delete_input(arguments))
        return made

    id = "019ae0b2-7c00-7b5e-9c3d-0a1b2c3d4e5f"
    blank = {"zone_id": "z", "record_id": "", "name": "", "type": "", "text": ""}
    assert delete(id) == {**blank, "record_id": id}
    assert delete("www") == {**blank, "name": "www"}
    assert delete("www", "MX", "10", "mail") == {
        **blank, "name": "www", "type": "MX", "text": "10 mail",
    }  # fmt: skip


@given(st.text(max_size=20))
def test_a_name_without_wildcards_is_no_glob(text: str) -> None:
    assert is_glob(text) == any(letter in "*?[" for letter in text)

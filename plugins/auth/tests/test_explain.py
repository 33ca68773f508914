"""How a query comes out of the zones, explained: the same as it is answered."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_auth.answer import answer
from microdns_auth.explain import explain
from microdns_auth.plugin import AuthPlugin
from microdns_dns import names
from microdns_dns.message import Query, Transport
from microdns_dns.model import Soa, Zone, new_ids, zone_origin
from microdns_dns.operations.explain import render
from microdns_dns.protocol import RRClass
from microdns_dns.rdata import rdata_from_text, type_number
from microdns_dns.view import Views

pytestmark = pytest.mark.anyio

CONFIG = """
[dns.auth]
enabled = true
listen = "127.0.0.1:0"
"""
ROWS = (
    ("www", "A", "192.0.2.1"),
    ("alias", "CNAME", "www"),
    ("out", "CNAME", "host.other.example."),
    ("gone", "CNAME", "nobody.invalid."),
    ("loop", "CNAME", "loop2"),
    ("loop2", "CNAME", "loop"),
    ("*.wild", "TXT", "any"),
    ("a.empty", "A", "192.0.2.2"),
    ("sub", "NS", "ns.sub.example.com."),
    ("ns.sub", "A", "192.0.2.3"),
    ("old", "DNAME", "wild"),
    ("@", "MX", "10 www"),
    ("@", "NS", "ns1"),
)
OTHER = (("host", "A", "192.0.2.9"),)


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with run_kernel([AuthPlugin()], CONFIG) as running:
        await fill(running, "example.com", ROWS)
        await fill(running, "other.example", OTHER)
        yield running


async def fill(kernel: Kernel, zone: str, rows: tuple[tuple[str, str, str], ...]) -> None:
    await kernel.operations.call("zone.create", {"name": zone}, Call())
    for name, kind, text in rows:
        data = {"type": kind, "text": text}
        wanted = {"zone_id": zone, "name": name, "data": data}
        await kernel.operations.call("record.create", wanted, Call())


async def told(
    kernel: Kernel, name: str, type: str = "A", /, limits: dict[str, Any] | None = None, **more: Any
) -> Any:
    principal = Principal("me", limits=limits or {})
    wanted = {"name": name, "type": type, **more}
    return await kernel.operations.call("query.explain", wanted, Call(principal))


def states(explained: Any) -> list[str]:
    """The states that the authoritative stage went through."""
    stage = next(each for each in explained.stages if each.name == "authoritative")
    return [step.state for step in stage.steps]


@pytest.mark.parametrize(
    ("name", "type", "expected", "rcode"),
    [
        ("www.example.com", "A", ["zone", "hit"], "NOERROR"),
        ("www.example.com", "AAAA", ["zone", "nodata"], "NOERROR"),
        ("no.example.com", "A", ["zone", "nxdomain"], "NXDOMAIN"),
        ("empty.example.com", "A", ["zone", "nodata"], "NOERROR"),
        ("x.wild.example.com", "TXT", ["zone", "wildcard", "hit"], "NOERROR"),
        ("x.wild.example.com", "A", ["zone", "wildcard", "nodata"], "NOERROR"),
        ("x.sub.example.com", "A", ["zone", "delegation"], "NOERROR"),
        ("alias.example.com", "A", ["zone", "cname", "zone", "hit"], "NOERROR"),
        ("out.example.com", "A", ["zone", "cname", "zone", "hit"], "NOERROR"),
        ("gone.example.com", "A", ["zone", "cname", "outside"], "NOERROR"),
        ("loop.example.com", "A", ["zone", "cname", "zone", "cname", "loop"], "NOERROR"),
        ("x.old.example.com", "TXT", ["zone", "dname", "zone", "wildcard", "hit"], "NOERROR"),
        ("www.example.com", "ANY", ["zone", "hit"], "NOERROR"),
        ("elsewhere.example", "A", ["outside"], "REFUSED"),
    ],
)
async def test_each_step_is_told(
    kernel: Kernel, name: str, type: str, expected: list[str], rcode: str
) -> None:
    explained = await told(kernel, name, type)
    assert states(explained) == expected
    assert explained.rcode == rcode
    assert (explained.zone is None) == (expected == ["outside"])
    assert all(step.rfc for stage in explained.stages for step in stage.steps)
    assert render(msgspec.to_builtins(explained))


async def test_records_are_told_with_their_source(kernel: Kernel) -> None:
    page = await kernel.operations.call("record.list", {"zone_id": "example.com"}, Call())
    www = next(record for record in page.items if record.name == "www")
    explained = await told(kernel, "x.example.com", "MX")
    assert explained.rrsets[0].section == "authority"
    assert explained.rrsets[0].source == "api"
    explained = await told(kernel, "example.com", "MX")
    mx, address = explained.rrsets
    assert (mx.section, mx.type, mx.data) == ("answer", "MX", ["10 www.example.com."])
    assert (address.section, address.zone) == ("additional", "example.com")
    assert [(record.id, record.source) for record in address.records] == [(www.id, "api")]


async def test_a_wildcards_records_are_found_where_they_are_kept(kernel: Kernel) -> None:
    explained = await told(kernel, "x.old.example.com", "TXT")
    kept = [(each.name, each.source, len(each.records)) for each in explained.rrsets]
    assert kept == [
        ("old.example.com", "api", 1),
        ("x.old.example.com", "synthesised", 0),
        ("x.wild.example.com", "api", 1),
    ]
    assert explained.rrsets[2].records[0].name == "*.wild"


async def test_disabled_records_are_told_as_not_answered(kernel: Kernel) -> None:
    data = {"type": "A", "data": "192.0.2.77"}
    wanted = {"zone_id": "example.com", "name": "www", "data": data, "enabled": False}
    await kernel.operations.call("record.create", wanted, Call())
    explained = await told(kernel, "www.example.com")
    assert explained.rrsets[0].data == ["192.0.2.1"]
    assert [record.answered for record in explained.rrsets[0].records] == [True, False]
    assert "192.0.2.77 (source api, not answered, disabled" in render(
        msgspec.to_builtins(explained)
    )


async def test_nothing_is_counted(kernel: Kernel) -> None:
    before = counted(kernel)
    await told(kernel, "www.example.com")
    assert counted(kernel) == before


def counted(kernel: Kernel) -> list[Any]:
    """Everything that is counted of queries."""
    return [
        sample
        for metric in kernel.metrics
        if "queries" in metric.name
        for sample in metric.samples()
    ]


async def test_who_answers_is_told(kernel: Kernel) -> None:
    explained = await told(kernel, "www.example.com")
    compiled = explained.answered_by == "engine"
    assert compiled or "no compiled engine" in explained.because
    assert (await told(kernel, "example.com", "IXFR")).answered_by == "python"


async def test_a_key_of_one_zone_sees_no_other(kernel: Kernel) -> None:
    limits = {"zone": ("example.com",)}
    assert (await told(kernel, "www.example.com", limits=limits)).rcode == "NOERROR"
    hidden = await told(kernel, "host.other.example", limits=limits)
    nothing = await told(kernel, "host.no.example", limits=limits)
    assert _comparable(hidden) == _comparable(nothing)
    followed = await told(kernel, "out.example.com", limits=limits)
    assert states(followed) == ["zone", "cname", "outside"]
    assert [each.zone for each in followed.rrsets] == ["example.com"]


def _comparable(explained: Any) -> Any:
    """An explanation without the name that it is about."""
    text: str = msgspec.json.encode(explained).decode()
    return text.replace("host.other.example", "NAME").replace("host.no.example", "NAME")


@pytest.mark.parametrize(
    ("limits", "name", "type"),
    [
        ({"name": ("www.example.com",)}, "a.empty.example.com", "A"),
        ({"type": ("A",)}, "x.wild.example.com", "TXT"),
        ({"name": ("www.example.com",)}, "x.wild.example.com", "TXT"),
        ({"name": ("www.example.com",)}, "x.sub.example.com", "A"),
        ({"name": ("www.example.com",)}, "x.old.example.com", "TXT"),
        ({"type": ("A",)}, "x.wild.example.com", "A"),
    ],
)
async def test_what_a_key_may_not_see_looks_like_nothing(
    kernel: Kernel, limits: dict[str, Any], name: str, type: str
) -> None:
    hidden = await told(kernel, name, type, limits)
    nothing = await told(kernel, "nothing.example.com", type, limits)
    assert (hidden.rcode, hidden.flags, hidden.rrsets, hidden.zone) == (None, None, [], None)
    assert [stage.steps for stage in hidden.stages] == [stage.steps for stage in nothing.stages]
    assert hidden.answered_by is nothing.answered_by is None


async def test_a_key_of_one_name_sees_the_records_of_that_name(kernel: Kernel) -> None:
    limits = {"name": ("www.example.com",), "type": ("A",)}
    explained = await told(kernel, "www.example.com", limits=limits)
    assert explained.rrsets[0].data == ["192.0.2.1"]
    aliased = await told(kernel, "alias.example.com", limits={"name": ("alias.example.com",)})
    assert states(aliased) == ["zone", "cname", "hidden"]
    assert aliased.rcode is None
    assert [each.name for each in aliased.rrsets] == ["alias.example.com"]


def views() -> Views:
    made = Views()
    for name, rows in (("example.com", ROWS), ("other.example", OTHER)):
        zone = Zone(id=new_ids(1, 0)[0], name=name, soa=SOA)
        view = made.make(zone)
        for owner, kind, text in rows:
            number = type_number(kind)
            rdata = rdata_from_text(number, text, zone_origin(zone))
            view.add(names.from_relative(owner, zone_origin(zone)), number, 300, rdata)
        made.put(view)
    return made


SOA = Soa("ns1.example.com", "me.example.com")
LABELS = st.sampled_from(sorted({label for row in ROWS for label in row[0].split(".")} | {"x"}))


@given(
    labels=st.lists(LABELS, max_size=3),
    zone=st.sampled_from(["example.com", "other.example", "nowhere"]),
    qtype=st.sampled_from(["A", "TXT", "CNAME", "DS", "NS", "ANY", "SOA", "MX"]),
)
def test_what_is_explained_is_what_is_answered(labels: list[str], zone: str, qtype: str) -> None:
    served = views()
    text = ".".join([*(label for label in labels if label != "@"), zone])
    query = Query(b"", 1, 0, ("", 0), Transport.TCP)
    query.qname = query.folded = names.from_text(text)
    query.qtype, query.qclass = type_number(qtype), RRClass.IN
    state, reply, found = answer(query, served)
    explanation = explain(query, served, Principal("all"))
    assert explanation.steps[-1].state == state
    if found is None:
        assert explanation.reply is None
        return
    assert explanation.reply is not None
    for part in ("rcode", "aa", "answer", "authority", "glue", "additional"):
        assert getattr(explanation.reply, part) == getattr(reply, part)
    assert len(explanation.found) == sum(
        len(getattr(reply, part)) for part in ("answer", "authority", "glue", "additional")
    )

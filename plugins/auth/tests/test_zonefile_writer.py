"""Exports: canonical, stable, readable by dnspython, and read back to the same zone."""

from typing import Any

import dns.zone
from hypothesis import given, settings
from hypothesis import strategies as st

from microdns_auth.zonefile import ZoneReader, ZoneText, write_zone
from microdns_dns import names
from microdns_dns.model import Record, Soa, Zone, new_ids, record_key
from microdns_dns.rdata import rdata_check, rdata_from_text, type_number
from microdns_dns.repository import ZoneContent

SOA = Soa("ns1.example.test", r"first\.last.example.test", 7, 3600, 600, 1_209_600, 300, 60)
ZONE = Zone(id=new_ids(1, 0)[0], name="example.test", soa=SOA, default_ttl=42)
ORIGIN = b"\x07example\x04test\0"


def export(records: list[Record], zone: Zone = ZONE) -> str:
    return "".join(write_zone(zone, sorted(records, key=record_key)))


def read(text: str) -> ZoneContent:
    reader = ZoneReader(ZoneText(text))
    list(reader.steps())
    return reader.content()


def record(name: str, kind: int, rdata: bytes, **more: Any) -> Record:
    more.setdefault("ttl", 300)
    return Record(id=new_ids(1, 0)[0], zone_id=ZONE.id, name=name, type=kind, rdata=rdata, **more)


def text_record(name: str, kind: str, text: str, **more: Any) -> Record:
    number = type_number(kind)
    return record(name, number, rdata_from_text(number, text, ORIGIN), **more)


def test_the_layout() -> None:
    records = [
        text_record("www", "A", "192.0.2.2"),
        text_record("WWW", "A", "192.0.2.1"),
        text_record("@", "NS", "ns1", ttl=5),
        text_record("a.www", "CNAME", "www"),
        text_record("z", "TXT", '"a \\"b\\"" c'),
        text_record("off", "A", "192.0.2.3", enabled=False),
    ]
    assert export(records) == (
        "$ORIGIN example.test.\n"
        "$TTL 42\n"
        r"@ 60 IN SOA ns1.example.test. first\.last.example.test. 7 3600 600 1209600 300"
        "\n"
        "@ 5 IN NS ns1.example.test.\n"
        "WWW 300 IN A 192.0.2.1\n"
        "www 300 IN A 192.0.2.2\n"
        "a.www 300 IN CNAME www.example.test.\n"
        'z 300 IN TXT "a \\"b\\"" "c"\n'
    )


def test_the_root_zone() -> None:
    zone = Zone(id=ZONE.id, name=".", soa=Soa("a.root", "b.root"))
    text = export([text_record("net", "NS", "a.gtld.net.")], zone)
    content = read(text)
    assert content.name == "."
    assert [one.name for one in content.drafts] == ["net"]


LABELS = st.binary(min_size=1, max_size=63) | st.sampled_from([b"www", b"*", b"_tcp", b"a.b", b"@"])
NAMES = st.lists(LABELS, max_size=3).filter(lambda parts: sum(map(len, parts)) < 200)
TXT = st.lists(st.binary(max_size=255), min_size=1, max_size=5).map(
    lambda strings: b"".join(bytes((len(each),)) + each for each in strings)
)
DATA = st.one_of(
    st.tuples(st.just(16), TXT),
    st.tuples(st.just(1), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just(28), st.binary(min_size=16, max_size=16)),
    st.tuples(st.sampled_from([65280, 10, 32768]), st.binary(max_size=300)),
    st.tuples(st.sampled_from([2, 12]), NAMES.map(names.from_labels)),
    st.tuples(st.just(15), NAMES.map(lambda parts: b"\0\x01" + names.from_labels(parts))),
    st.tuples(st.just(257), st.binary(max_size=50).map(lambda value: b"\0\x05issue" + value)),
)
RECORDS = st.lists(st.tuples(NAMES, DATA, st.integers(0, 2**31 - 1)), max_size=8)


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_an_export_is_read_back_to_the_same_records(
    made: list[tuple[list[bytes], tuple[int, bytes], int]],
) -> None:
    records = []
    for labels, (kind, rdata), ttl in made:
        rdata_check(kind, rdata)
        owner = names.from_labels(labels)[:-1] + ORIGIN
        records.append(record(names.to_relative_text(owner, ORIGIN), kind, rdata, ttl=ttl))
    text = export(records)
    content = read(text)
    assert (content.name, content.soa, content.default_ttl) == ("example.test", SOA, 42)
    assert sorted((one.name, one.type, one.ttl, one.rdata) for one in content.drafts) == sorted(
        (one.name, one.type, one.ttl, one.rdata) for one in records
    )
    theirs = dns.zone.from_text(text, relativize=False, check_origin=False)
    assert {
        ((owner.to_wire() or b"").lower(), int(rdata.rdtype), rdata.to_wire())
        for owner, _, rdata in theirs.iterate_rdatas()
        if rdata.rdtype != dns.rdatatype.SOA
    } == {(names.from_relative(one.name, ORIGIN).lower(), one.type, one.rdata) for one in records}


@given(st.permutations([("a", 1), ("a", 2), ("b", 1), ("B", 2), ("@", 1)]))
def test_what_order_records_were_made_in_does_not_show(order: list[tuple[str, int]]) -> None:
    def made(pairs: list[tuple[str, int]]) -> str:
        return export([record(name, 1, bytes((192, 0, 2, last))) for name, last in pairs])

    assert made(order) == made(sorted(order))

"""RFC 1035 5: our reader of zone files against dnspython's, and our writer against the peers."""

import asyncio
import subprocess
import uuid
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest
from tests.conformance.panel import zone_files
from tests.conformance.subjects import REFUSED
from tests.peers import ZoneFile
from tests.peers.process import find_program

from microdns.errors import Invalid
from microdns_auth.zonefile import load_zone_text, read_zone, write_zone
from microdns_dns import names
from microdns_dns.model import Record, Zone, record_key
from microdns_dns.repository.drafts import ZoneContent

Line = tuple[bytes, int, int, bytes]
"""Owner (wire, case kept), type, TTL in seconds, rdata."""

_TAKEN = [pytest.param(zone, id=zone.origin) for zone in zone_files() if zone.origin not in REFUSED]
_REFUSED = [pytest.param(zone, id=zone.origin) for zone in zone_files() if zone.origin in REFUSED]
_REFUSED_BY_BIND = ("wildns.test.",)


def _read(zone: ZoneFile, path: Path | None = None) -> ZoneContent:
    return asyncio.run(read_zone(load_zone_text(path or zone.path, zone.origin)))


def _lines(content: ZoneContent) -> list[Line]:
    """Our reading, the SOA left out."""
    origin = names.from_text(content.name)
    return sorted(
        (
            names.from_relative(draft.name, origin),
            draft.type,
            content.default_ttl if draft.ttl is None else draft.ttl,
            draft.rdata,
        )
        for draft in content.drafts
    )


def _lines_of_dnspython(zone: ZoneFile) -> list[Line]:
    parsed = dns.zone.from_file(str(zone.path), zone.origin, relativize=False)
    return sorted(
        (owner.to_wire() or b"", int(rdataset.rdtype), rdataset.ttl, rdata.to_wire() or b"")
        for owner, rdataset in parsed.iterate_rdatasets()
        for rdata in rdataset
        if rdataset.rdtype != dns.rdatatype.SOA
    )


def _written(content: ZoneContent, path: Path) -> Path:
    zone = Zone(
        id=str(uuid.UUID(int=1)),
        name=content.name,
        soa=content.soa,
        default_ttl=content.default_ttl,
    )
    records = [
        Record(
            id=str(uuid.UUID(int=number)),
            zone_id=zone.id,
            name=draft.name,
            type=draft.type,
            ttl=content.default_ttl if draft.ttl is None else draft.ttl,
            rdata=draft.rdata,
        )
        for number, draft in enumerate(content.drafts)
    ]
    path.write_text("".join(write_zone(zone, sorted(records, key=record_key))))
    return path


@pytest.mark.parametrize("zone", _TAKEN)
def test_we_read_what_dnspython_reads(zone: ZoneFile) -> None:
    ours, theirs = _lines(_read(zone)), _lines_of_dnspython(zone)
    assert _folded(ours, zone) == _folded(theirs, zone)


@pytest.mark.parametrize("zone", _REFUSED)
def test_what_we_refuse_is_told_with_its_line(zone: ZoneFile) -> None:
    with pytest.raises(Invalid, match=r"\.zone:\d+: "):
        _read(zone)


@pytest.mark.parametrize("zone", _TAKEN)
def test_what_we_write_is_what_was_read(zone: ZoneFile, tmp_path: Path) -> None:
    content = _read(zone)
    path = _written(content, tmp_path / zone.path.name)
    assert _lines(_read(zone, path)) == _lines(content)
    assert _read(zone, path).soa == content.soa


@pytest.mark.needs("named-checkzone")
@pytest.mark.parametrize("zone", _TAKEN)
def test_bind_reads_what_we_write(zone: ZoneFile, tmp_path: Path) -> None:
    if zone.origin in _REFUSED_BY_BIND:
        return
    content = _read(zone)
    path = _written(content, tmp_path / zone.path.name)
    dumped = tmp_path / "dumped"
    program = find_program("named-checkzone")
    assert program is not None
    options = ["-i", "none", "-k", "ignore", "-n", "ignore", "-r", "ignore", "-s", "full"]
    checked = subprocess.run(
        [program, "-D", "-o", dumped, *options, zone.origin, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    theirs = _lines_of_dnspython(ZoneFile(zone.origin, dumped))
    assert _folded(theirs, zone) == _folded(_lines_of_dnspython(zone), zone)


def _folded(lines: list[Line], zone: ZoneFile) -> list[Line]:
    """Owners without the case of their letters, which some readers take from the first record; and
    without TTLs that are unequal in the file, which others make equal while they read."""
    unequal = zone.origin == "ttl.test."
    return sorted(
        (owner.lower(), rtype, 0 if unequal else ttl, rdata) for owner, rtype, ttl, rdata in lines
    )

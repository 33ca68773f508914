"""The loader of zone images on damaged files whose checksums are right: what gets past them.

Octets, slots and sizes are whatever the input says; loaded, asked and changed, a zone made of them
may answer wrongly, but nothing beyond them is read.  A sanitizer build finds what is.
"""

import contextlib
import tempfile
import zlib
from pathlib import Path

from tests.fuzz import engine_images

from microdns_dns.engine.compaction import Compaction
from microdns_dns.engine.core import Engine
from microdns_dns.engine.images import _HEADER, Position, Unusable, ZoneImages
from microdns_dns.engine.view import CompiledViews
from microdns_dns.model import Soa, Zone, id_key

_ZONE = Zone(
    id="00000000-0000-7000-8000-000000000001",
    name="example.com",
    soa=Soa("ns1.example.com", "hostmaster.example.com"),
)
_KEY = id_key(_ZONE.id)


def _file(octets: bytes) -> bytes:
    """What is written for a zone of these nodes."""
    engine = Engine()
    zone = engine.zones.add(b"\7example\3com\0")
    for count in range(1, 120):
        with contextlib.suppress(ValueError):
            zone.load(octets, count)
            break
    engine.zones.publish()
    compaction = Compaction(zone)
    with tempfile.TemporaryDirectory() as folder:
        images = ZoneImages(Path(folder))
        images.write(_KEY, compaction.run(), Position(1, 1))
        return (Path(folder) / f"{_KEY.hex()}.image").read_bytes()


SEEDS = [_file(octets) for octets in engine_images.SEEDS[:20]]


def _with_checksums(data: bytes) -> bytes:
    """The file with checksums that fit; sizes are left as they are."""
    if len(data) < _HEADER.size:
        return data
    fields = list(_HEADER.unpack(data[: _HEADER.size]))
    body, octets = data[_HEADER.size :], fields[8]
    fields[0], fields[1], fields[3] = SEEDS[0][:8], 1, _KEY
    fields[10], fields[11] = zlib.crc32(body[:octets]), zlib.crc32(body[octets:])
    head = _HEADER.pack(*fields)
    return head[:-4] + zlib.crc32(head[:-4]).to_bytes(4, "little") + body


def one(data: bytes) -> None:
    """Load it, ask, walk, change, compact."""
    engine = Engine()
    views = CompiledViews(engine.zones)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{_KEY.hex()}.image").write_bytes(_with_checksums(data))
        try:
            found = ZoneImages(Path(folder)).read(_KEY)
            assert found is not None
            view = views.restore(_ZONE, found[0])
        except (Unusable, ValueError):
            return
    views.put(view)
    views.publish([view])
    for question in engine_images.QUESTIONS:
        engine.answer(question)
        engine.answer(question, True)
    with contextlib.suppress(ValueError):
        for folded in view.nodes:
            view.node(folded)
    with contextlib.suppress(ValueError):
        Compaction(engine.zones.by_origin[view.origin]).run()

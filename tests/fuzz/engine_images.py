"""The engine on damaged images: whatever their octets are, nothing beyond them is read.

A wrong answer is no defect here, and neither is none; a sanitizer build finds what is.
"""

import contextlib
from random import Random
from struct import pack

from plugins.dns.tests.engine.generated import random_records

from microdns_dns import names
from microdns_dns.engine.builder import ImageBuilder
from microdns_dns.engine.core import Engine

_ORIGIN = names.from_text("example.com")
_SOA = names.from_text("ns1.example.com") * 2 + pack("!IIIII", 1, 2, 3, 4, 5)
_LABELS = (b"a", b"b", b"c", b"*", b"ns1", b"nothing")
_TYPES = (1, 2, 5, 6, 15, 33, 43, 64, 255, 65280)


def _image(seed: int) -> bytes:
    builder = ImageBuilder(_ORIGIN)
    builder.add(_ORIGIN, 6, 300, _SOA)
    records = random_records(Random(seed), _ORIGIN, [_ORIGIN], 12)
    records.sort(key=lambda record: (names.canonical_key(record.owner), record.type))
    for record in records:
        builder.add(record.owner, record.type, record.ttl, record.rdata)
    return builder.finish()


def _questions() -> list[bytes]:
    random = Random(3)
    found = []
    for _ in range(24):
        labels = [random.choice(_LABELS) for _ in range(random.randrange(4))]
        name = b"".join(bytes((len(label),)) + label for label in labels) + _ORIGIN
        header = b"\0\1\1\0\0\1\0\0\0\0\0\0"
        found.append(header + name + pack("!HH", random.choice(_TYPES), 1))
    return found


SEEDS = [_image(seed) for seed in range(40)]
QUESTIONS = _questions()


def one(data: bytes) -> None:
    """Load it with whatever number of nodes makes it whole, then ask."""
    engine = Engine()
    zone = engine.zones.add(_ORIGIN)
    for count in range(1, 120):
        with contextlib.suppress(ValueError):
            zone.load(data, count)
            break
    engine.zones.publish()
    for question in QUESTIONS:
        engine.answer(question)
        engine.answer(question, True)
    with contextlib.suppress(ValueError):
        for folded in zone:
            zone.get(folded)

"""The engine on mutated messages: it says what the Python path says, or leaves it to that."""

from random import Random

from plugins.dns.tests.engine.generated import random_message, random_records, random_zones
from plugins.dns.tests.engine.pair import Pair

from microdns_dns import names
from microdns_dns.message import Transport

_RANDOM = Random(11)
_ZONES = random_zones(_RANDOM, 5)
_ORIGINS = [names.from_text(zone.name) for zone in _ZONES]
_RECORDS = [
    change for origin in _ORIGINS for change in random_records(_RANDOM, origin, _ORIGINS, 60)
]
_OWNERS = [change.owner for change in _RECORDS] + _ORIGINS
SEEDS = [random_message(_RANDOM, _OWNERS, _ORIGINS) for _ in range(500)]


_PAIR = Pair(_ZONES, _RECORDS)


def one(data: bytes) -> None:
    """Both transports, compared by octet."""
    for transport in Transport:
        expected, got = _PAIR.answers(data, transport)
        if got is not None and got != expected:
            raise AssertionError(f"over {transport}: {got!r} and not {expected!r}")

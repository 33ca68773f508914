"""The engine says, octet for octet, what the Python path says, or leaves it to that.

A short run by default; a long one by hand::

    pytest plugins/dns/tests/engine/test_differential.py --engine-queries 1000000
"""

from random import Random

import pytest

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")
pytest.importorskip("microdns_auth", reason="the Python path to compare with is in microdns-auth")

from plugins.dns.tests.engine.generated import random_message, random_records, random_zones
from plugins.dns.tests.engine.pair import Pair

from microdns_dns import names
from microdns_dns.message import Transport

QUERIES_PER_ZONE = 400


def test_same_octets(request: pytest.FixtureRequest) -> None:
    total = request.config.getoption("--engine-queries")
    seed = request.config.getoption("--engine-seed")
    asked = left = 0
    while asked < total:
        random = Random(seed)
        asked_now, left_now = compare_round(random, seed)
        asked, left, seed = asked + asked_now, left + left_now, seed + 1
    print(f"{asked} answers compared, {left} left to Python")
    assert left < asked * 0.2


def compare_round(random: Random, seed: int) -> tuple[int, int]:
    zones = random_zones(random, random.randrange(1, 6))
    origins = [names.from_text(zone.name) for zone in zones]
    records = [
        change
        for origin in origins
        for change in random_records(random, origin, origins, random.choice((3, 20, 60)))
    ]
    first = [record for record in records if random.random() < 0.7]
    pair = Pair(zones, first)
    pair.change([record for record in records if record not in first])
    owners = [change.owner for change in records] + origins
    left = 0
    for number in range(QUERIES_PER_ZONE * 2):
        if number == QUERIES_PER_ZONE:
            gone = [change for change in records if random.random() < 0.4]
            pair.change([change.undone() for change in gone])
        message = random_message(random, owners, origins)
        transport = Transport.TCP if random.random() < 0.2 else Transport.UDP
        expected, got = pair.answers(message, transport)
        if got is None:
            left += 1
        else:
            assert got == expected, f"seed {seed}, query {number}: {message.hex()}"
    return 2 * QUERIES_PER_ZONE, left

"""Random zones in which everything meets: few labels, so that wildcards, empty non-terminals, cuts,
DNAMEs and CNAMEs lie on, below and beside each other.

What any of the three peers refuses to load is left out (names below a DNAME, NS at a wildcard,
CNAME beside other data), so that a zone is always compared by four.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.peers import ZoneFile

Name = tuple[str, ...]
"""Labels relative to the origin, the leftmost first; the apex is empty."""

LABELS = ("a", "b", "c", "*")
DEPTH_MAX = 4
NAMES_PER_ZONE = 14
QUERIES_PER_ZONE = 60

_QUERY_TYPES = (
    "A",
    "A",
    "A",
    "AAAA",
    "TXT",
    "MX",
    "NS",
    "SOA",
    "CNAME",
    "DNAME",
    "DS",
    "SRV",
    "TYPE65280",
)
_PLAIN_TYPES = ("A", "AAAA", "TXT", "MX", "SRV", "TYPE65280")
_OUTSIDE = "www.elsewhere.invalid."


@dataclass
class RandomZone:
    """Records by owner and type; each type's records are rdata as text."""

    origin: str
    records: dict[Name, dict[str, list[str]]] = field(default_factory=dict)

    def absolute(self, name: Name) -> str:
        return ".".join((*name, self.origin))

    def text(self) -> str:
        lines = [
            f"{self.absolute(owner)} 300 IN {rtype} {rdata}"
            for owner, types in self.records.items()
            for rtype, rdatas in types.items()
            for rdata in dict.fromkeys(rdatas)
        ]
        return "\n".join(lines) + "\n"


def random_zones(random: Random, count: int) -> list[RandomZone]:
    """``count`` zones, every fourth of them lying inside the one before it."""
    zones: list[RandomZone] = []
    for number in range(count):
        inner = number % 4 == 3
        origin = f"{random.choice('abc')}.{zones[-1].origin}" if inner else f"z{number}.generated."
        zones.append(RandomZone(origin))
    for zone in zones:
        _fill(zone, random, [other.origin for other in zones])
    for zone, outer in zip(zones[1:], zones, strict=False):
        if zone.origin.endswith("." + outer.origin):
            _make_room(outer, zone.origin.split(".")[0], random)
    return zones


def write_zones(zones: list[RandomZone], folder: Path) -> list[ZoneFile]:
    files = []
    for zone in zones:
        path = folder / f"{zone.origin}zone"
        path.write_text(zone.text())
        files.append(ZoneFile(zone.origin, path))
    return files


def random_questions(zone: RandomZone, random: Random) -> Iterator[tuple[str, str]]:
    """Names on, above, below and beside those of the zone, each with a type."""
    owners = list(zone.records)
    for _ in range(QUERIES_PER_ZONE):
        name = random.choice(owners)
        match random.randrange(5):
            case 0:
                name = _random_name(random)
            case 1:
                name = (random.choice(LABELS), *name)
            case 2:
                name = (random.choice(LABELS), *name[1:])
            case 3:
                name = name[1:]
        yield zone.absolute(name), random.choice(_QUERY_TYPES)


def _fill(zone: RandomZone, random: Random, origins: list[str]) -> None:
    zone.records[()] = {
        "SOA": [f"ns1.{zone.origin} hostmaster.{zone.origin} 1 3600 900 604800 60"],
        "NS": [f"ns1.{zone.origin}"],
    }
    zone.records[("ns1",)] = {"A": ["192.0.2.1"]}
    for _ in range(NAMES_PER_ZONE):
        name = _random_name(random)
        if name not in zone.records:
            zone.records[name] = _random_types(zone, name, random, origins)
    if random.random() < 0.1:
        zone.records[()] |= {"DNAME": [_random_target(zone, random, origins)], "NS": [_OUTSIDE]}
    _leave_out_below_dnames(zone)


def _random_name(random: Random) -> Name:
    depth = random.randint(1, DEPTH_MAX)
    return tuple(random.choice(LABELS) for _ in range(depth))


def _random_types(
    zone: RandomZone, name: Name, random: Random, origins: list[str]
) -> dict[str, list[str]]:
    kind = random.random()
    target = _random_target(zone, random, origins)
    if kind < 0.2:
        return {"CNAME": [target]}
    if kind < 0.3:
        return {"DNAME": [target]}
    if kind < 0.5 and name[0] != "*":
        cut = {"NS": [_random_target(zone, random, origins) for _ in range(random.randint(1, 2))]}
        if random.random() < 0.3:
            cut["DS"] = ["1 13 2 " + "00" * 32]
        if random.random() < 0.3:
            cut["A"] = [_rdata(zone, "A", random, origins)]
        return cut
    types = random.sample(_PLAIN_TYPES, random.randint(1, 2))
    return {rtype: [_rdata(zone, rtype, random, origins)] for rtype in types}


def _random_target(zone: RandomZone, random: Random, origins: list[str]) -> str:
    kind = random.random()
    if kind < 0.06:
        return _OUTSIDE
    if kind < 0.12:
        return ".".join((*_random_name(random), random.choice(origins)))
    if kind < 0.4:
        return zone.absolute(random.choice(list(zone.records)))
    return zone.absolute(_random_name(random))


def _rdata(zone: RandomZone, rtype: str, random: Random, origins: list[str]) -> str:
    number = random.randint(1, 250)
    match rtype:
        case "A":
            return f"192.0.2.{number}"
        case "AAAA":
            return f"2001:db8::{number:x}"
        case "MX":
            return f"{number} {_random_target(zone, random, origins)}"
        case "SRV":
            return f"0 0 {number} {_random_target(zone, random, origins)}"
        case "TYPE65280":
            return f"\\# 1 {number:02x}"
        case _:
            return f'"{number}"'


def _make_room(outer: RandomZone, label: str, random: Random) -> None:
    """The zone ``label`` below ``outer`` is served too: no data of the outer meets it."""
    inner = [name for name in outer.records if name[-1:] == (label,)]
    for name in inner:
        del outer.records[name]
    outer.records[()].pop("DNAME", None)
    if random.random() < 0.6:
        outer.records[(label,)] = {"NS": [f"ns1.{outer.origin}"]}
        if random.random() < 0.5:
            outer.records[(label,)]["DS"] = ["1 13 2 " + "00" * 32]


def _leave_out_below_dnames(zone: RandomZone) -> None:
    """Names below a DNAME are forbidden (RFC 6672 2.4); at the apex none but its own remain."""
    owners = [name for name, types in zone.records.items() if "DNAME" in types]
    for owner in owners:
        below = [
            name
            for name in zone.records
            if len(name) > len(owner) and name[len(name) - len(owner) :] == owner
        ]
        for name in below:
            del zone.records[name]

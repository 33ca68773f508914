"""Random zones and messages in which everything meets.

Few labels, so that wildcards, empty non-terminals, cuts, DNAMEs and aliases lie on, below and
beside each other; mixed case; RRsets too large for a datagram; messages that are nearly right.
"""

from dataclasses import dataclass, replace
from random import Random
from struct import pack

from microdns_dns import names
from microdns_dns.model import Soa, Zone, new_ids
from microdns_dns.protocol import RRType

LABELS = (b"a", b"b", b"B", b"c", b"*", b"ns1", b"longer-label-of-some-size")
DEPTH_MAX = 4

TYPES = (
    RRType.A, RRType.A, RRType.A, RRType.AAAA, RRType.TXT, RRType.MX, RRType.SRV, RRType.NS,
    RRType.CNAME, RRType.DNAME, RRType.DS, RRType.SVCB, RRType.HTTPS, RRType.PTR, RRType.MINFO,
    RRType.NAPTR, 65280,
)  # fmt: skip
QUERIED = (*TYPES, RRType.SOA, RRType.ANY, RRType.AXFR, RRType.OPT, 0, 128, 65535)


@dataclass(frozen=True)
class Change:
    """A record that is added to a zone, or removed from it."""

    added: bool
    origin: bytes
    owner: bytes
    type: int
    ttl: int
    rdata: bytes

    def undone(self) -> "Change":
        return replace(self, added=not self.added)


def random_name(random: Random, origin: bytes, depth_max: int = DEPTH_MAX) -> bytes:
    """A name at or below an origin."""
    chosen = [random.choice(LABELS) for _ in range(random.randrange(depth_max + 1))]
    name = b"".join(bytes((len(label),)) + label for label in chosen) + origin
    return name if len(name) <= names.NAME_MAX else origin


def random_target(random: Random, origins: list[bytes]) -> bytes:
    """A host somewhere: mostly in our zones, at times the root, a long name, or elsewhere."""
    kind = random.randrange(20)
    if kind == 0:
        return names.ROOT
    if kind == 1:
        return names.from_text("host.elsewhere.invalid")
    if kind == 2:
        return names.from_labels([b"x" * 63, b"y" * 63, b"z" * 60])
    return respell(random, random_name(random, random.choice(origins)))


def respell(random: Random, name: bytes) -> bytes:
    """At times the same name in other letters."""
    return name.upper() if random.random() < 0.15 else name


def random_rdata(random: Random, type: int, origins: list[bytes]) -> bytes:
    """Rdata of a type, valid in form."""
    target = random_target(random, origins)
    match type:
        case RRType.A:
            return bytes((192, 0, 2, random.randrange(250)))
        case RRType.AAAA:
            return bytes.fromhex("20010db8") + random.randbytes(12)
        case RRType.MX:
            return pack("!H", random.randrange(3)) + target
        case RRType.SRV:
            return pack("!HHH", 1, 2, 53) + target
        case RRType.SVCB | RRType.HTTPS:
            parameters = random.choice((b"", b"\0\1\0\3\2h2"))
            return pack("!H", random.randrange(2)) + target + parameters
        case RRType.NS | RRType.CNAME | RRType.DNAME | RRType.PTR:
            return target
        case RRType.MINFO:
            return target + random_target(random, origins)
        case RRType.TXT:
            size = random.choice((3, 30, 255))
            return bytes((size,)) + b"t" * size
    return random.randbytes(random.randrange(40))


def random_zones(random: Random, count: int) -> list[Zone]:
    """Zones, some within others."""
    origins: list[str] = []
    for number in range(count):
        inside = origins and random.random() < 0.3
        name = f"{random.choice('abc')}.{origins[-1]}" if inside else f"Z{number}.generated"
        if name.lower() not in map(str.lower, origins):
            origins.append(name)
    soa = Soa("ns1.generated", "Admin.Generated", minimum=random.choice((60, 7200)))
    return [
        Zone(id=id, name=name, soa=soa)
        for id, name in zip(new_ids(len(origins), 1), origins, strict=True)
    ]


def random_records(random: Random, origin: bytes, origins: list[bytes], count: int) -> list[Change]:
    """Records of a zone: where an alias lands beside other data, the other data stay away."""
    found: list[Change] = []
    taken: dict[bytes, set[int]] = {}
    for _ in range(count):
        owner = respell(random, random_name(random, origin))
        type = random.choice(TYPES)
        held = taken.setdefault(owner.lower(), set())
        apex = owner.lower() == origin.lower()
        if type == RRType.CNAME and (held or apex):
            continue
        if type == RRType.DNAME and (type in held or RRType.CNAME in held):
            continue
        if RRType.CNAME in held:
            continue
        held.add(type)
        alone = type in (RRType.CNAME, RRType.DNAME)
        number = 1 if alone else random.choice((1, 1, 1, 2, 4, 40))
        rdatas = {random_rdata(random, type, origins) for _ in range(number)}
        ttl = random.choice((0, 60, 300, 2**31 - 1))
        for rdata in sorted(rdatas):
            own = ttl if random.random() < 0.9 else ttl // 2
            found.append(Change(True, origin.lower(), owner, type, own, rdata))
    return found


def random_message(random: Random, owners: list[bytes], origins: list[bytes]) -> bytes:
    """A message that is mostly a query."""
    name = random.choice(owners)
    match random.randrange(8):
        case 0:
            name = random_target(random, origins)
        case 1 | 2 if len(name) < 200:
            label = random.choice(LABELS)
            name = bytes((len(label),)) + label + name
        case 3 if name != names.ROOT:
            name = names.parent(name)
    name = respell(random, name)
    flags = random.choice((0, 0, 0x0100, 0x0100, 0x0110, 0x0020, 0x0200))
    type = random.choice(QUERIED)
    qclass = 1 if random.random() < 0.97 else random.choice((3, 255))
    message = bytearray(pack("!HHHHHH", random.getrandbits(16), flags, 1, 0, 0, 0))
    message += name + pack("!HH", type, qclass)
    if random.random() < 0.5:
        message[11] = 1
        message += random_opt(random)
    if random.random() < 0.1:
        damage(random, message)
    return bytes(message)


def random_opt(random: Random) -> bytes:
    """An OPT record, with or without options."""
    options = random.choice((b"", b"", b"\0\3\0\0", b"\xfd\xe9\0\2hi", b"\0\3\0\0\0\3\0\0"))
    if random.random() < 0.2:
        size = random.choice((8, 8, 8, 24, 24, 16, 40, 0, 7, 9, 41))
        options += b"\0\x0a" + pack("!H", size) + random.randbytes(size)
    if random.random() < 0.05:
        options += random.randbytes(random.randrange(6))
    version = 0 if random.random() < 0.95 else 1
    payload = random.choice((0, 512, 600, 1232, 4096, 65535))
    z = random.choice((0, 0x8000))
    return b"\0" + pack("!HHBBHH", RRType.OPT, payload, 0, version, z, len(options)) + options


def damage(random: Random, message: bytearray) -> None:
    """Cut it, lengthen it, or change an octet."""
    match random.randrange(4):
        case 0:
            del message[random.randrange(len(message)) :]
        case 1:
            message += random.randbytes(random.randrange(1, 12))
        case _:
            message[random.randrange(len(message))] = random.getrandbits(8)

"""The zone and the queries of the engine's benchmarks: one of each for everyone compared.

The zone has 100,000 hosts with A, every tenth with AAAA, MX and an alias, delegations, and a
wildcard; queries come as dnsperf reads them.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

ORIGIN = "bench.example."
WILDCARDS = 10

_HEAD = """\
$ORIGIN bench.example.
$TTL 300
@ SOA ns1 hostmaster 1 3600 900 604800 60
@ NS ns1
@ NS ns2
ns1 A 192.0.2.1
ns2 A 192.0.2.2
mail A 192.0.2.25
"""


def write_zone(path: Path, hosts: int) -> int:
    """A zone with so many hosts; how many names that makes."""
    names = 6 + WILDCARDS
    with path.open("w") as file:
        file.write(_HEAD)
        for number in range(hosts):
            file.write(f"host{number} A 10.{number >> 16}.{number >> 8 & 255}.{number & 255}\n")
            if number % 10 == 0:
                file.write(f"host{number} AAAA 2001:db8::{number >> 16:x}:{number & 65535:x}\n")
                file.write(f"host{number} MX 10 mail\n")
                file.write(f"alias{number} CNAME host{number}\n")
                names += 1
            if number % 20 == 0:
                file.write(f"sub{number} NS ns.sub{number}\nns.sub{number} A 192.0.2.53\n")
                names += 2
            names += 1
        for number in range(WILDCARDS):
            file.write(f"*.wild{number} A 192.0.2.{number}\n")
    return names


def mixed(random: Random, hosts: int) -> Iterator[str]:
    """70 % A, 10 % AAAA, 5 % CNAME, 5 % NXDOMAIN, 5 % wildcard, 5 % MX."""
    while True:
        share = random.randrange(100)
        number = random.randrange(hosts)
        tenth = number - number % 10
        if share < 70:
            yield f"host{number}.{ORIGIN} A"
        elif share < 80:
            yield f"host{tenth}.{ORIGIN} AAAA"
        elif share < 85:
            yield f"alias{tenth}.{ORIGIN} A"
        elif share < 90:
            yield f"nothing{number}.{ORIGIN} A"
        elif share < 95:
            yield f"x{number}.wild{number % WILDCARDS}.{ORIGIN} A"
        else:
            yield f"host{tenth}.{ORIGIN} MX"


def missing(random: Random, hosts: int) -> Iterator[str]:
    """Names that do not exist, all of them random."""
    while True:
        yield f"{random.getrandbits(48):x}.{ORIGIN} A"


def wild(random: Random, hosts: int) -> Iterator[str]:
    """Names that a wildcard stands for."""
    while True:
        yield f"{random.getrandbits(40):x}.wild{random.randrange(WILDCARDS)}.{ORIGIN} A"


def delegated(random: Random, hosts: int) -> Iterator[str]:
    """Names below delegations."""
    while True:
        number = random.randrange(hosts)
        yield f"www.sub{number - number % 20}.{ORIGIN} A"


WORKLOADS = {"mixed": mixed, "nxdomain": missing, "wildcard": wild, "delegated": delegated}


def write_queries(path: Path, workload: str, hosts: int, count: int = 200_000) -> None:
    """A file for dnsperf."""
    lines = WORKLOADS[workload](Random(7), hosts)
    with path.open("w") as file:
        for _ in range(count):
            file.write(next(lines) + "\n")

"""Cookies with the tools that people have, and a flood that meets its limit; on both paths."""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers import MicroDns, NameServer, ZoneFile
from tests.peers.process import find_program

from microdns.control.client import ControlClient
from microdns.operations.wire import Request

_ZONE = """\
$ORIGIN guarded.test.
@    300 SOA   ns1 hostmaster 7 3600 900 604800 60
@    300 NS    ns1
ns1  300 A     192.0.2.1
www  300 A     192.0.2.10
"""
_CONFIG = """
[dns.cookies]
require = true

[dns.rate_limit]
responses_per_second = 10
slip = 2
"""
RATE = 10
FLOOD = 200
"""All at one time: no more than what waits in a socket while nobody reads it."""


@pytest.fixture(scope="module", params=["compiled", "python"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NameServer]:
    folder = tmp_path_factory.mktemp("guarded")
    zone = folder / "zone"
    zone.write_text(_ZONE)
    peer = MicroDns(config=_CONFIG, engine=request.param)
    with peer.start(folder / "microdns", [ZoneFile("guarded.test.", zone)]) as running:
        yield running


def counted(server: NameServer) -> Counter[str]:
    """How many answers with records by UDP were ``dropped``, ``slipped``, and ``sent`` in all."""
    assert server.process is not None
    found: Counter[str] = Counter()
    with ControlClient(str(server.process.log.parent / "store.sock")) as client:

        def samples(name: str, **wanted: str) -> Iterator[dict[str, Any]]:
            (metric,) = client.call(Request("metric.list", {"name": f"microdns_dns_{name}_total"}))
            for sample in metric["samples"]:
                if wanted.items() <= sample["labels"].items():
                    yield sample

        for sample in samples("rate_limited", **{"class": "positive"}):
            found[sample["labels"]["action"]] += sample["value"]
        for sample in samples("queries", transport="udp", rcode="NOERROR"):
            found["sent"] += sample["value"]
    return found


def counted_since(before: Counter[str], server: NameServer, total: int) -> Counter[str]:
    """What was counted since then, as soon as so many were sent or dropped."""
    end = time.monotonic() + 60
    while True:
        told = counted(server)
        told.subtract(before)
        if told["sent"] + told["dropped"] == total:
            return told
        assert time.monotonic() < end, told
        time.sleep(0.02)


def run(program: str, *arguments: str) -> str:
    found = find_program(program)
    assert found is not None
    done = subprocess.run([found, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.needs("dig", "engine")
def test_dig_gets_badcookie_then_an_answer_with_its_cookie(server: NameServer) -> None:
    at = ("-r", f"@{server.host}", "-p", str(server.port), "www.guarded.test")
    told = run("dig", *at, "+nobadcookie", "+cookie=0102030405060708")
    assert "status: BADCOOKIE" in told
    cookie = re.search(r"COOKIE: ([0-9a-f]{48}) \(good\)", told)
    assert cookie is not None
    assert "192.0.2.10" in run("dig", *at, "+nobadcookie", f"+cookie={cookie[1]}")
    assert "192.0.2.10" in run("dig", *at, "+cookie", "+short"), "it asks again by itself"


@pytest.mark.needs("kdig", "engine")
def test_kdig_learns_a_cookie_over_tcp_and_uses_it_over_udp(server: NameServer) -> None:
    at = (f"@{server.host}", "-p", str(server.port), "www.guarded.test", "+retry=0", "+time=60")
    learned = run("kdig", *at, "+tcp", "+cookie=0102030405060708")
    cookie = re.search(r"COOKIE: ([0-9A-Fa-f]{48})", learned)
    assert cookie is not None
    assert "192.0.2.10" in run("kdig", *at, f"+cookie={cookie[1]}")


@pytest.mark.needs("dnsperf", "dig", "engine")
def test_a_flood_gets_its_rate_and_a_client_with_a_cookie_all(
    server: NameServer, tmp_path: Path
) -> None:
    queries = tmp_path / "queries"
    queries.write_text("www.guarded.test A\n" * FLOOD)
    at = ("-s", server.host, "-p", str(server.port), "-d", str(queries), "-n", "1")
    before, began = counted(server), time.monotonic()
    printed = run("dnsperf", *at, "-q", str(FLOOD), "-t", "1")
    seconds = 2 + time.monotonic() - began  # each that it has a part of
    told = counted_since(before, server, FLOOD)
    assert RATE <= told["sent"] - told["slipped"] <= RATE * seconds
    assert abs(told["dropped"] - told["slipped"]) <= seconds, "half of those over the rate slip"
    lost = int(re.search(r"Queries lost:\s+(\d+)", printed)[1])  # type: ignore[index] # it prints that
    assert lost >= told["dropped"]
    shown = run("dig", "-r", f"@{server.host}", "-p", str(server.port), "www.guarded.test")
    assert "192.0.2.10" in shown

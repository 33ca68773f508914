"""``microdns top`` beside a server that is asked by dnsperf: names, clients, rates."""

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from tests.peers import MicroDns, ZoneFile
from tests.peers.microdns import CONFIG_NAME
from tests.peers.process import find_program

BUSY = 500
"""Queries a second that are enough to tell shares from."""
SECONDS_MAX = 120
_Seen = TypeVar("_Seen")

_ZONE = """\
$ORIGIN watched.test.
@    300 SOA   ns1 hostmaster 7 3600 900 604800 60
@    300 NS    ns1
ns1  300 A     192.0.2.1
www  300 A     192.0.2.10
"""


@pytest.mark.needs("dnsperf", "engine")
@pytest.mark.parametrize("engine", ["compiled", "python"])
def test_once_as_json_and_as_a_screenful(tmp_path: Path, engine: str) -> None:
    zone, queries = tmp_path / "zone", tmp_path / "queries"
    zone.write_text(_ZONE)
    queries.write_text("www.watched.test A\n" * 3 + "missing.watched.test A\n")
    perf = find_program("dnsperf")
    assert perf is not None
    with MicroDns(engine=engine).start(
        tmp_path / "microdns", [ZoneFile("watched.test.", zone)]
    ) as server:
        at = ["-s", server.host, "-p", str(server.port), "-d", str(queries)]
        # Few at one time, and no power of two: samples stand for what came together.
        with load([perf, *at, "-l", "600", "-Q", "2000", "-q", "5"]):
            look = functools.partial(microdns, tmp_path, "top", "--once", "--seconds", "1")
            top = until(lambda: json.loads(look("--json")), lambda top: top["queries"] > BUSY)
            screen = until(lambda: look("--limit", "1"), lambda screen: "NOERROR" in screen)
    assert {"NOERROR", "NXDOMAIN"} == set(top["rcodes"])
    assert top["names"][0]["what"] == "www.watched.test"
    assert 0.6 < top["names"][0]["share"] < 0.9
    assert top["clients"][0] == {
        "what": "127.0.0.1", "share": 1.0, "per_second": top["clients"][0]["per_second"]
    }  # fmt: skip
    assert "www.watched.test" in screen
    assert "missing.watched.test" not in screen


@contextmanager
def load(command: Sequence[str]) -> Iterator[None]:
    """It runs meanwhile."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            yield
        finally:
            running.kill()


def until(look: Callable[[], _Seen], wanted: Callable[[_Seen], bool]) -> _Seen:
    """The first look that shows what is wanted; the load may begin, or go on, a little later."""
    end = time.monotonic() + SECONDS_MAX
    while not wanted(seen := look()):
        assert time.monotonic() < end, seen
    return seen


def microdns(folder: Path, *words: str) -> str:
    environment = {**os.environ, "MICRODNS_CONFIG": str(folder / "microdns" / CONFIG_NAME)}
    done = subprocess.run(
        [sys.executable, "-m", "microdns", *words],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

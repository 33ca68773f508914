"""``microdns top`` beside a server that is asked by dnsperf: names, clients, rates."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.peers import MicroDns, ZoneFile
from tests.peers.microdns import CONFIG_NAME
from tests.peers.process import find_program

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
        with subprocess.Popen(
            [perf, *at, "-l", "30", "-Q", "2000"], stdout=subprocess.DEVNULL
        ) as load:
            top = json.loads(microdns(tmp_path, "top", "--once", "--json"))
            screen = microdns(tmp_path, "top", "--once", "--limit", "1")
            load.kill()
    assert top["queries"] > 100
    assert {"NOERROR", "NXDOMAIN"} == set(top["rcodes"])
    assert top["names"][0]["what"] == "www.watched.test"
    assert 0.6 < top["names"][0]["share"] < 0.9
    assert top["clients"][0] == {
        "what": "127.0.0.1", "share": 1.0, "per_second": top["clients"][0]["per_second"]
    }  # fmt: skip
    assert "www.watched.test" in screen
    assert "missing.watched.test" not in screen


def microdns(folder: Path, *words: str) -> str:
    environment = {**os.environ, "MICRODNS_CONFIG": str(folder / "microdns" / CONFIG_NAME)}
    done = subprocess.run(
        [sys.executable, "-m", "microdns", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

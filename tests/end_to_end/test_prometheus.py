"""Debian's Prometheus scrapes us, and its API returns our counters."""

import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import pytest
from tests.peers import MicroDns, NameServer, ZoneFile, free_port
from tests.peers.process import find_program
from tests.peers.prometheus import Prometheus

pytestmark = pytest.mark.needs("prometheus", "promtool")

SCRAPED_SECONDS_MAX = 60.0
_ZONE = """\
$ORIGIN scraped.test.
@   300 SOA ns1 hostmaster 1 3600 900 604800 60
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""


@dataclass
class Scraped:
    server: NameServer
    exporter: str


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    folder = tmp_path_factory.mktemp("scraped")
    zone = folder / "scraped.test.zone"
    zone.write_text(_ZONE)
    exporter = f"127.0.0.1:{free_port()}"
    peer = MicroDns(("auth", "metrics"), f'[metrics]\nenabled = true\nlisten = "{exporter}"\n')
    with peer.start(folder / "microdns", [ZoneFile("scraped.test.", zone)]) as server:
        yield Scraped(server, exporter)


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SCRAPED_SECONDS_MAX
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def test_prometheus_returns_our_counters(scraped: Scraped, tmp_path: Path) -> None:
    address = scraped.server
    for _ in range(7):
        query = dns.message.make_query("ns1.scraped.test", "AAAA")
        dns.query.udp(query, address.host, port=address.port, timeout=60)
    for _ in range(3):
        query = dns.message.make_query("nowhere.scraped.test", "MX")
        dns.query.tcp(query, address.host, port=address.port, timeout=60)
    expected = {
        'microdns_dns_queries_total{transport="udp",type="AAAA",rcode="NOERROR"}': 7,
        'microdns_dns_queries_total{transport="tcp",type="MX",rcode="NXDOMAIN"}': 3,
        'microdns_dns_latency_seconds_count{transport="tcp"}': 3,
        "microdns_dns_zones": 1,
        'up{job="microdns"}': 1,
    }
    with Prometheus(tmp_path / "prometheus", scraped.exporter) as prometheus:

        def values() -> dict[str, float | None]:
            return {expression: prometheus.query(expression) for expression in expected}

        came = _wait_until(lambda: values() == expected)
        assert came, f"{values()}\n{prometheus.targets()}\n{prometheus.log_text}"


def test_promtool_finds_nothing_to_complain_about(scraped: Scraped) -> None:
    with urllib.request.urlopen(f"http://{scraped.exporter}/metrics", timeout=60) as response:
        text = response.read()
    program = find_program("promtool")
    assert program is not None
    checked = subprocess.run(
        [program, "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr.decode()) == (0, "")

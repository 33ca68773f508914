"""Zone transfers beside NSD, Knot and BIND: each as our secondary and as our primary.

The zone has every kind of owner that matters; what arrives is compared record by record.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import dns.message
import dns.query
import dns.rdatatype
import dns.xfr
import dns.zone
import pytest
from tests.peers.microdns import MicroDns
from tests.peers.process import Child, find_program, free_port
from tests.peers.server import NameServer, ZoneFile

from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.model import RECORDS, ZONES
from microdns_dns.plugin import DnsPlugin
from microdns_dns.repository import ZoneRepository

ZONE = "example.com."
LINES = """\
$ORIGIN example.com.
@ 3600 IN SOA ns1 hostmaster 2026112301 3600 600 1209600 300
@ 300 IN NS ns1
@ 300 IN MX 10 Mail.example.net.
ns1 300 IN A 127.0.0.1
ns1 300 IN AAAA ::1
*.wild 60 IN TXT "a wildcard" "of two strings"
alias 300 IN CNAME ns1
_sip._tcp 300 IN SRV 10 60 5060 ns1
sub 300 IN NS ns.sub
ns.sub 300 IN A 192.0.2.3
old 300 IN DNAME other.example.
@ 300 IN CAA 0 issue "letsencrypt.org"
unknown 300 IN TYPE65280 \\# 4 0A000001
svc 300 IN HTTPS 1 . alpn="h2,h3" port=8443
"""
HOSTS = "".join(
    f"host{number} 300 IN A 10.0.{number >> 8}.{number & 255}\n" for number in range(900)
)
PEERS = ("nsd", "knot", "bind")


@pytest.fixture(scope="module")
def zone_file(tmp_path_factory: pytest.TempPathFactory) -> ZoneFile:
    path = tmp_path_factory.mktemp("zone") / "example.com.zone"
    path.write_text(LINES + HOSTS)
    return ZoneFile(ZONE, path)


@pytest.fixture(scope="module")
def ours(zone_file: ZoneFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    """This server as a primary that lets loopback have its zones."""
    folder = tmp_path_factory.mktemp("ours")
    with MicroDns(auth='allow_transfer = ["127.0.0.0/8"]').start(folder, [zone_file]) as server:
        yield server


def records_of(host: str, port: int) -> set[tuple[str, int, str]]:
    """The whole zone as a server gives it out, names in lower case."""
    zone = dns.zone.Zone(ZONE, relativize=False)
    dns.query.inbound_xfr(host, zone, port=port, lifetime=60)
    return flat(zone)


def flat(zone: dns.zone.Zone) -> set[tuple[str, int, str]]:
    return {
        (name.to_text().lower(), rdataset.ttl, f"{rdataset.rdtype} {rdata.to_text().lower()}")
        for name, rdataset in zone.iterate_rdatasets()
        for rdata in rdataset
    }


@pytest.fixture(scope="module")
def wanted(zone_file: ZoneFile) -> set[tuple[str, int, str]]:
    return flat(dns.zone.from_file(str(zone_file.path), ZONE, relativize=False))


def test_dnspython_gets_the_whole_zone(ours: NameServer, wanted: set[tuple[str, int, str]]) -> None:
    assert records_of(ours.host, ours.port) == wanted


@pytest.mark.needs("dig", "kdig")
@pytest.mark.parametrize("program", ["dig", "kdig"])
@pytest.mark.parametrize("query", ["AXFR", "IXFR=1"])
def test_dig_and_kdig_get_the_whole_zone(
    ours: NameServer, wanted: set[tuple[str, int, str]], program: str, query: str
) -> None:
    found = find_program(program)
    assert found is not None
    asked = [found, f"@{ours.host}", "-p", str(ours.port), ZONE, query, "+tcp"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(";")]
    assert len(lines) == len(wanted) + 1
    assert lines[0].split() == lines[-1].split()
    assert "failed" not in done.stdout.lower()


NSD = """\
server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  database: ""
  pidfile: ""
  xfrdfile: ""
  xfrdir: "{folder}"
remote-control:
  control-enable: no
zone:
  name: "example.com"
  zonefile: "{folder}/secondary.zone"
  request-xfr: AXFR 127.0.0.1@{primary} NOKEY
  allow-notify: 127.0.0.1 NOKEY
  provide-xfr: 127.0.0.1 NOKEY
"""
KNOT = """\
server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
log:
  - target: stderr
    any: info
database:
  storage: "{folder}"
remote:
  - id: primary
    address: 127.0.0.1@{primary}
acl:
  - id: all
    address: 127.0.0.1
    action: transfer
zone:
  - domain: example.com
    storage: "{folder}"
    file: secondary.zone
    master: primary
    acl: all
"""
BIND = """\
options {{
  directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  managed-keys-directory "{folder}";
  recursion no;
  allow-transfer {{ 127.0.0.1; }};
  notify no;
}};
controls {{ }};
zone "example.com" {{
  type secondary; file "secondary.zone"; masterfile-format text;
  primaries {{ 127.0.0.1 port {primary}; }};
}};
"""
SECONDARIES: dict[str, tuple[str, Callable[[Path], list[str | Path]]]] = {
    "nsd": (NSD, lambda config: ["nsd", "-d", "-c", config]),
    "knot": (KNOT, lambda config: ["knotd", "-c", config]),
    "bind": (BIND, lambda config: ["named", "-g", "-n", "1", "-c", config]),
}
PROGRAMS = {"nsd": "nsd", "knot": "knotd", "bind": "named"}
EACH_PEER = [pytest.param(peer, marks=pytest.mark.needs(PROGRAMS[peer])) for peer in PEERS]


def secondary(peer: str, folder: Path, primary: int) -> NameServer:
    """Another server that has fetched the zone from a primary on this port."""
    template, command = SECONDARIES[peer]
    port = free_port()
    config = folder / f"{peer}.conf"
    config.write_text(template.format(folder=folder, port=port, primary=primary))
    child = Child(command(config), folder / f"{peer}.log")
    child.wait_until(lambda: _has_zone(port))
    return NameServer(peer, "127.0.0.1", port, child)


def _has_zone(port: int) -> bool:
    query = dns.message.make_query(ZONE, "SOA")
    try:
        return bool(dns.query.udp(query, "127.0.0.1", timeout=1, port=port).answer)
    except (dns.exception.DNSException, OSError):
        return False


@pytest.mark.parametrize("peer", EACH_PEER)
def test_a_secondary_has_the_whole_zone_and_gives_it_back(
    ours: NameServer, wanted: set[tuple[str, int, str]], tmp_path: Path, peer: str
) -> None:
    with secondary(peer, tmp_path, ours.port) as server:
        assert records_of(server.host, server.port) == wanted
        assert taken_over(server.port) == len(wanted) - 1  # the SOA is no record


def taken_over(port: int) -> int:
    """Take the zone over from that server into a kernel of our own; its records."""

    async def run() -> int:
        config = '[dns.auth]\nenabled = true\nlisten = "127.0.0.1:0"\n'
        async with run_kernel([DnsPlugin(), AuthPlugin()], config) as kernel:
            given = {"zone": "example.com", "primary": f"127.0.0.1:{port}"}
            done = await kernel.operations.call("zone.transfer", given, Call())
            again = await kernel.operations.call("zone.transfer", given, Call())
            assert (again.added, again.changed, again.removed) == (0, 0, 0)
            store = kernel.services.require(ZoneRepository).store
            assert [zone.soa.serial for zone in store.scan(ZONES)] == [2026112301]
            assert sum(1 for _ in store.scan(RECORDS)) == done.added
            return int(done.added)

    return anyio.run(run)

"""The tools that people ask name servers with, against ``microdns run``."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.peers import MicroDns, NameServer, ZoneFile
from tests.peers.process import find_program

_ZONE = """\
$ORIGIN tools.test.
@        300 SOA   ns1 hostmaster 7 3600 900 604800 60
@        300 NS    ns1
@        300 MX    10 mail
ns1      300 A     192.0.2.1
www      300 A     192.0.2.10
www      300 AAAA  2001:db8::10
mail     300 A     192.0.2.25
alias    300 CNAME www
*.wild   300 TXT   "made by a wildcard"
_s._tcp  300 SRV   1 2 443 www
big      300 TXT   "{long}" "{long}" "{long}" "{long}" "{long}" "{long}"
sub      300 NS    ns1.sub
ns1.sub  300 A     192.0.2.53
""".format(long="x" * 250)

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    folder = tmp_path_factory.mktemp("tools")
    zone = folder / "tools.test.zone"
    zone.write_text(_ZONE)
    with MicroDns().start(folder / "microdns", [ZoneFile("tools.test.", zone)]) as running:
        yield running


def _run(*arguments: str) -> str:
    program = find_program(arguments[0])
    assert program is not None
    done = subprocess.run(
        [program, *arguments[1:]], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def dig(server: NameServer) -> Ask:
    """What dig prints; ~/.digrc is left out."""
    return lambda *words: _run("dig", "-r", f"@{server.host}", "-p", str(server.port), *words)


@pytest.fixture
def kdig(server: NameServer) -> Ask:
    """What kdig prints."""
    return lambda *words: _run("kdig", f"@{server.host}", "-p", str(server.port), *words)


@pytest.mark.needs("dig")
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("www.tools.test", "A"), {"192.0.2.10"}),
        (("www.tools.test", "AAAA", "+tcp"), {"2001:db8::10"}),
        (("alias.tools.test",), {"www.tools.test.", "192.0.2.10"}),
        (("tools.test", "MX"), {"10 mail.tools.test."}),
        (("anything.wild.tools.test", "TXT"), {'"made by a wildcard"'}),
        (("_s._tcp.tools.test", "SRV"), {"1 2 443 www.tools.test."}),
        (("tools.test", "SOA"), {"ns1.tools.test. hostmaster.tools.test. 7 3600 900 604800 60"}),
        (("nowhere.tools.test",), set()),
    ],
)
def test_dig_short(dig: Ask, words: tuple[str, ...], lines: set[str]) -> None:
    assert set(dig("+short", *words).splitlines()) == lines


@pytest.mark.needs("dig")
def test_dig_tells_of_authority_and_no_recursion(dig: Ask) -> None:
    shown = dig("www.tools.test")
    assert "status: NOERROR" in shown
    assert re.search(r"flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1", shown)
    assert "recursion requested but not available" in shown
    assert "EDNS: version: 0, flags:; udp: 1232" in shown
    assert "MBZ" not in shown
    assert "Got bad packet" not in shown


@pytest.mark.needs("dig")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nowhere.tools.test",), "status: NXDOMAIN"),
        (("www.tools.test", "MX"), "status: NOERROR"),
        (("example.org",), "status: REFUSED"),
        (("www.tools.test", "+edns=1", "+noednsnegotiation"), "status: BADVERS"),
        (("www.tools.test", "+opcode=status"), "status: NOTIMP"),
        (("www.tools.test", "CH"), "status: REFUSED"),
        (("x.sub.tools.test", "+norecurse"), "flags: qr; QUERY: 1, ANSWER: 0, AUTHORITY: 1"),
        (("big.tools.test", "TXT", "+ignore"), "flags: qr aa tc rd"),
        (("big.tools.test", "TXT"), "retrying in TCP mode"),
        (("big.tools.test", "TXT", "+tcp"), "ANSWER: 1"),
        (("www.tools.test", "+header-only"), "status: FORMERR"),
    ],
)
def test_dig_status(dig: Ask, words: tuple[str, ...], expected: str) -> None:
    assert expected in dig(*words)


@pytest.mark.needs("kdig")
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("www.tools.test", "A", "+tcp"), {"192.0.2.10"}),
        (("www.tools.test", "AAAA", "+notcp"), {"2001:db8::10"}),
        (("alias.tools.test", "+tcp"), {"www.tools.test.", "192.0.2.10"}),
        (("big.tools.test", "TXT", "+tcp"), {" ".join(['"' + "x" * 250 + '"'] * 6)}),
    ],
)
def test_kdig_short(kdig: Ask, words: tuple[str, ...], lines: set[str]) -> None:
    assert set(kdig("+short", *words).splitlines()) == lines


@pytest.mark.needs("kdig")
def test_kdig_keeps_a_connection_open_for_several_queries(kdig: Ask) -> None:
    shown = kdig("+tcp", "+keepopen", "www.tools.test", "A", "mail.tools.test", "A")
    assert "192.0.2.10" in shown
    assert "192.0.2.25" in shown
    assert "WARNING" not in shown


@pytest.mark.needs("dnsperf")
def test_dnsperf_loses_nothing(server: NameServer, tmp_path: Path) -> None:
    queries = tmp_path / "queries"
    queries.write_text("www.tools.test A\nalias.tools.test AAAA\nnowhere.tools.test A\n" * 100)
    for mode in ("udp", "tcp"):
        address = ("-s", server.host, "-p", str(server.port), "-m", mode)
        shown = _run("dnsperf", *address, "-d", str(queries), "-n", "3", "-t", "60", "-q", "20")
        assert "Queries completed:    900 (100.00%)" in shown, shown
        assert "NXDOMAIN 300" in shown

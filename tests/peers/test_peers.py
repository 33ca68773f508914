"""Each peer starts with a zone, answers, and leaves nothing behind."""

import os
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest
from tests.peers import Bind, Child, Knot, Nsd, Peer, StartFailure, ZoneFile

_ZONE = """\
$ORIGIN peers.test.
@   300 SOA ns1 hostmaster 1 3600 900 604800 60
@   300 NS  ns1
ns1 300 A   192.0.2.1
"""


@pytest.fixture
def zone(tmp_path: Path) -> ZoneFile:
    path = tmp_path / "peers.test.zone"
    path.write_text(_ZONE)
    return ZoneFile("peers.test.", path)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(peer, marks=pytest.mark.needs(*peer.programs), id=peer.name)
        for peer in (Nsd(), Knot(), Bind())
    ],
)
def test_starts_answers_and_ends(peer: Peer, zone: ZoneFile, tmp_path: Path) -> None:
    with peer.start(tmp_path / peer.name, [zone]) as server:
        query = dns.message.make_query("ns1.peers.test.", "A")
        for ask in (dns.query.udp, dns.query.tcp):
            reply = ask(query, server.host, port=server.port, timeout=60)
            assert reply.rcode() == dns.rcode.NOERROR
            assert "192.0.2.1" in reply.to_text()
        assert server.process is not None
        pid = server.process.pid
    assert not _runs(pid)


@pytest.mark.needs("named")
def test_a_failed_start_shows_the_log(tmp_path: Path) -> None:
    config = tmp_path / "named.conf"
    config.write_text("options { no-such-option yes; };\n")
    child = Child(["named", "-g", "-c", config], tmp_path / "log")
    with child, pytest.raises(StartFailure, match="no-such-option"):
        child.wait_until(lambda: False)


def test_a_missing_program_is_a_failed_start(tmp_path: Path) -> None:
    with pytest.raises(StartFailure, match="no-such-program is not installed"):
        Child(["no-such-program"], tmp_path / "log")
